package mixgrpo.tools.bench;

import java.util.List;
import java.util.Map;
import mixgrpo.tools.figures.Figures;

/**
 * What engines cost beside libtorch. Times are medians, each number for itself; processor seconds are those of all threads.
 *
 * @param threads of the engines and of libtorch
 * @param batch pictures of a pass
 * @param imageTokens of a picture
 * @param textTokens of a prompt
 * @param parameters of the policy whose passes are measured
 * @param passes by what computes them
 * @param int8Error length of the difference between the velocities of int8 and fp32, as a share
 * @param syncs of both sizes of policy
 * @param repetitions samples of each time
 */
public record EngineFigures(
        int threads,
        int batch,
        int imageTokens,
        int textTokens,
        long parameters,
        Map<String, Spent> passes,
        double int8Error,
        List<Sync> syncs,
        int repetitions)
        implements Figures {

    /** A time. */
    public record Spent(double wallSeconds, double cpuSeconds) {}

    /**
     * New weights for an engine.
     *
     * @param parameters of the policy
     * @param bytes that are sent
     * @param load making the engine
     * @param session exchange by a new session
     * @param inputs exchange in place, where weights are inputs
     */
    public record Sync(long parameters, long bytes, Spent load, Spent session, Spent inputs) {}

    /** How often as fast {@code what} is as {@code than}, by processor time: other programs disturb that least. */
    public double speedup(String what, String than) {
        return passes.get(than).cpuSeconds() / passes.get(what).cpuSeconds();
    }

    /** For a person to read. */
    public String table() {
        StringBuilder text = new StringBuilder(
                "policy of %.2f M parameters, %d pictures of %d image and %d text tokens, %d thread%s; median of %d%n%n"
                        .formatted(
                                parameters / 1e6,
                                batch,
                                imageTokens,
                                textTokens,
                                threads,
                                threads == 1 ? "" : "s",
                                repetitions));
        text.append("%-44s %10s %10s%n".formatted("forward pass", "wall ms", "cpu ms"));
        passes.forEach((name, spent) -> text.append(line(name, spent)));
        text.append("%nONNX Runtime fp32 is %.2f times as fast as libtorch eager, %.2f times as fast as TorchScript%n"
                .formatted(
                        speedup(EngineBench.FP32, EngineBench.EAGER), speedup(EngineBench.FP32, EngineBench.SCRIPT)));
        text.append("int8 is %.2f times as fast as fp32; its velocities differ by %.2g of their length%n"
                .formatted(speedup(EngineBench.INT8, EngineBench.FP32), int8Error));
        for (Sync sync : syncs) {
            text.append("%n%-44s %10s %10s%n"
                    .formatted(
                            "%.1f M parameters, %.0f MB".formatted(sync.parameters() / 1e6, sync.bytes() / 1e6),
                            "wall ms",
                            "cpu ms"));
            text.append(line("making the engine", sync.load()));
            text.append(line("sync.mode session", sync.session()));
            text.append(line("sync.mode inputs", sync.inputs()));
        }
        return text.toString();
    }

    private static String line(String name, Spent spent) {
        return "%-44s %10.1f %10.1f%n".formatted(name, 1e3 * spent.wallSeconds(), 1e3 * spent.cpuSeconds());
    }
}
