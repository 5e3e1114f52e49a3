package mixgrpo.models.weights;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What is wrong with a file, gathered so that all of it is reported at once. Names from files are shown safely: short
 * and printable.
 */
public final class Problems {

    private static final int SHOWN = 20;
    private static final int LENGTH = 120;

    private final List<String> shown = new ArrayList<>();
    private long count;

    public void add(String format, Object... arguments) {
        if (count++ < SHOWN) {
            shown.add(format.formatted(arguments));
        }
    }

    public boolean any() {
        return count > 0;
    }

    /** {@code head: problem}, or a line for each of several problems; the first twenty are spelled out. */
    public String message(String head) {
        if (count == 1) {
            return head + ": " + shown.get(0);
        }
        String lines = head + ": " + count + " problems\n  " + String.join("\n  ", shown);
        return count > SHOWN ? lines + "\n  and " + (count - SHOWN) + " more" : lines;
    }

    /** A name that came from a file, in quotes. */
    public static String quoted(String name) {
        return "'" + printable(name) + "'";
    }

    /** Text that came from a file, without control characters and not longer than a line. */
    public static String printable(String text) {
        String start = text.codePoints()
                .limit(LENGTH)
                .mapToObj(c -> Character.isISOControl(c) ? "\\u%04x".formatted(c) : Character.toString(c))
                .collect(Collectors.joining());
        return text.codePointCount(0, text.length()) > LENGTH ? start + "..." : start;
    }
}
