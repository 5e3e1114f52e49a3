package mixgrpo.tools.bench;

import java.util.Locale;
import mixgrpo.tools.figures.Figures;

/**
 * What exchanges of weights cost, and whether they leave memory behind.
 *
 * @param engine that took them
 * @param precision of its layers
 * @param mode how it took them
 * @param source where they came from: the device of the policy
 * @param parameters of the policy
 * @param exchanges in a row, after one that is not counted
 * @param loadSeconds of making the engine, to the end of its first pass
 * @param medianSeconds of an exchange
 * @param medianCpuSeconds the same of all threads' processor time
 * @param longestSeconds of an exchange
 * @param resident memory of the process
 * @param gpu memory of the GPU that all programs use; null where nobody tells
 */
public record SyncFigures(
        String engine,
        String precision,
        String mode,
        String source,
        long parameters,
        int exchanges,
        double loadSeconds,
        double medianSeconds,
        double medianCpuSeconds,
        double longestSeconds,
        Span resident,
        Span gpu)
        implements Figures {

    /** Bytes before the first exchange that counts and after the last. */
    public record Span(long before, long after) {

        private String text() {
            return String.format(Locale.ROOT, "%.2f GB before, %+.1f MB after", before / 1e9, (after - before) / 1e6);
        }
    }

    /** For a person to read. */
    public String table() {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%s in %s, weights by %s, %.1f M parameters of a policy on %s%n",
                engine,
                precision,
                mode,
                parameters / 1e6,
                source));
        text.append(String.format(
                Locale.ROOT,
                "making the engine %.3f s; %d exchanges: median %.1f ms (processor time %.1f ms), longest %.1f ms%n",
                loadSeconds,
                exchanges,
                1e3 * medianSeconds,
                1e3 * medianCpuSeconds,
                1e3 * longestSeconds));
        text.append("memory of the process: %s%n".formatted(resident.text()));
        text.append("memory of the GPU: %s%n".formatted(gpu == null ? "not known" : gpu.text()));
        return text.toString();
    }
}
