package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Ending a process needs one to end. */
class InterruptTest {

    private static final String STOPPING = "stopping: what is at hand is ended and saved; once more ends at once";

    @Test
    void aProcessThatIsToldToEndSavesFirstAndRunsNoShutdownHookMeanwhile() throws Exception {
        Process process = start("saves");
        try (BufferedReader out = process.inputReader()) {
            assertEquals("running", out.readLine());
            process.toHandle().destroy();
            assertEquals("", out.readLine());
            assertEquals(STOPPING, out.readLine());
            assertEquals("saved", out.readLine());
            assertEquals("hook", out.readLine());
        }
        assertEquals(ExitCode.INTERRUPTED.code(), process.waitFor());
    }

    @Test
    void whoAsksTwiceIsNotKeptWaiting() throws Exception {
        Process process = start("hangs");
        try (BufferedReader out = process.inputReader()) {
            assertEquals("running", out.readLine());
            process.toHandle().destroy();
            assertEquals("", out.readLine());
            assertEquals(STOPPING, out.readLine());
            process.toHandle().destroy();
            assertEquals(null, out.readLine());
        }
        assertEquals(ExitCode.INTERRUPTED.code(), process.waitFor());
    }

    @Test
    void withNobodyListeningTheHandlerOfBeforeCounts() throws Exception {
        Process process = start("done");
        try (BufferedReader out = process.inputReader()) {
            assertEquals("running", out.readLine());
            process.toHandle().destroy();
            assertEquals("before", out.readLine());
        }
        assertEquals(0, process.waitFor());
    }

    private static Process start(String manner) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Loop.class.getName(),
                        manner)
                .redirectErrorStream(true)
                .start();
    }

    /** Works until it is told to end, and saves for a while. */
    static final class Loop {
        @SuppressWarnings("try") // it is open for its effect
        public static void main(String[] arguments) throws InterruptedException {
            PrintWriter out = new PrintWriter(System.out, true);
            if (arguments[0].equals("done")) {
                Thread main = Thread.currentThread();
                Signals signals = Signals.handle(main::interrupt);
                try (signals) {
                    Interrupt.listen(new Console(out, out, 0)).close();
                    out.println("running");
                    Thread.sleep(60_000);
                } catch (InterruptedException e) {
                    out.println("before");
                }
                return;
            }
            Runtime.getRuntime().addShutdownHook(new Thread(() -> out.println("hook")));
            try (Interrupt interrupt = Interrupt.listen(new Console(out, out, 0))) {
                out.println("running");
                while (!interrupt.requested()) {
                    Thread.sleep(5);
                }
                Thread.sleep(arguments[0].equals("hangs") ? 60_000 : 300);
                out.println("saved");
            }
            System.exit(ExitCode.INTERRUPTED.code());
        }
    }
}
