package mixgrpo.tools.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What is needed of one memory, the machine's or a GPU's, in bytes.
 *
 * @param encoders text encoders of the model's folder, which are closed before the rest is made
 * @param parts of the rest
 * @param base what is there whatever is computed
 * @param baseName what that is
 */
record MemoryPlace(long encoders, Map<String, Long> parts, long base, String baseName) {

    /** What a process has whatever it computes. */
    static final String FIXED = "Java, native libraries";

    MemoryPlace {
        parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
    }

    /** Nothing is there. */
    boolean isEmpty() {
        return encoders == 0 && parts.isEmpty();
    }

    /** The most that is needed at a time. */
    long total() {
        return base
                + Math.max(
                        encoders,
                        parts.values().stream().mapToLong(Long::longValue).sum());
    }

    /** One line a part. */
    String text(String indent) {
        StringBuilder text = new StringBuilder();
        if (encoders > 0) {
            text.append(line(indent, encoders, "text encoders, closed before the rest is made"));
        }
        parts.forEach((part, bytes) -> text.append(line(indent, bytes, part)));
        text.append(line(indent, base, baseName));
        return text.append("%s%9s  in all".formatted(indent, gigabytes(total())))
                .toString();
    }

    private static String line(String indent, long bytes, String part) {
        return "%s%9s  %s%n".formatted(indent, gigabytes(bytes), part);
    }

    static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    }
}
