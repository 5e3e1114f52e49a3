package mixgrpo.runtime.tensorrt;

import java.util.Arrays;
import java.util.Optional;

/**
 * A line that the process that builds a plan writes for the one that started it. Lines of another form are the library's own.
 *
 * @param text in one line
 */
record BuildMessage(Kind kind, String text) {

    private static final String MARK = "mixgrpo-build ";

    /** What a line says. */
    enum Kind {
        /** What is being done. */
        PROGRESS,
        /** The plan lies where it was asked for. */
        DONE,
        /** There is no plan, and why. */
        FAILED
    }

    BuildMessage {
        text = text.replaceAll("\\s*\\R\\s*", " ").strip();
    }

    static Optional<BuildMessage> parse(String line) {
        return Arrays.stream(Kind.values())
                .filter(kind -> line.startsWith(start(kind)))
                .map(kind -> new BuildMessage(kind, line.substring(start(kind).length())))
                .findFirst();
    }

    private static String start(Kind kind) {
        return "%s%s: ".formatted(MARK, kind);
    }

    /** The line. */
    @Override
    public String toString() {
        return start(kind) + text;
    }
}
