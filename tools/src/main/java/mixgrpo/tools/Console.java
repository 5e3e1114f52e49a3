package mixgrpo.tools;

import java.io.PrintWriter;
import picocli.CommandLine;

/**
 * Where a command talks to a person: results on standard output, remarks on standard error.
 *
 * @param columns width of the terminal that standard output is, or 0 where lines may not be written over
 */
public record Console(PrintWriter out, PrintWriter err, int columns) {

    /** The console of this process. The launcher passes on what Java 17 cannot tell of standard output: whether it is a terminal. */
    static Console of(CommandLine command) {
        String terminal = System.getenv().getOrDefault("MIXGRPO_TERMINAL", "0");
        int columns = terminal.matches("[0-9]{1,4}") ? Integer.parseInt(terminal) : 0;
        return new Console(command.getOut(), command.getErr(), columns);
    }

    /** Whether a line may be written over. */
    public boolean live() {
        return columns > 0;
    }

    /** Prints text as it is. */
    public void print(String text) {
        out.print(text);
        out.flush();
    }

    /** Prints a remark that is no result. */
    public void remark(String text) {
        err.print(text);
        err.flush();
    }
}
