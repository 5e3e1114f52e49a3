package mixgrpo.tools.bench;

import java.util.List;
import java.util.Map;
import mixgrpo.tools.figures.Figures;
import mixgrpo.trainer.metrics.PhaseClock.Spent;

/**
 * What engines cost beside libtorch.
 *
 * @param engine that was measured
 * @param libtorch the device that libtorch computed on
 * @param threads of the engines and of libtorch
 * @param batch pictures of a pass
 * @param imageTokens of a picture
 * @param textTokens of a prompt
 * @param parameters of the policy whose passes are measured
 * @param repetitions samples of each time
 * @param passes of that policy
 * @param syncs new weights for both sizes of policy, in every way that the engine takes them
 */
public record EngineFigures(
        String engine,
        String libtorch,
        int threads,
        int batch,
        int imageTokens,
        int textTokens,
        long parameters,
        int repetitions,
        Passes passes,
        List<SyncFigures> syncs)
        implements Figures {

    /** Which time speed is told by. */
    enum Time {
        /** Of the clock: a processor that waits for a GPU says nothing. */
        WALL("wall time"),
        /** Of all threads: other programs disturb that least. */
        PROCESSOR("processor time");

        private final String words;

        Time(String words) {
            this.words = words;
        }
    }

    /**
     * Passes, sampled in turn. Speeds are medians of the ratios of samples that were taken one after the other.
     *
     * @param speedsBy what is compared
     * @param times medians by what computes, each number for itself
     * @param overEager how often as fast as libtorch operation by operation the engine is in fp32
     * @param overTorchScript the same for TorchScript
     * @param int8OverFp32 how often as fast int8 is as fp32; null without int8
     * @param int8Error length of the difference between the velocities of int8 and fp32, as a share; null without int8
     */
    record Passes(
            Time speedsBy,
            Map<String, Spent> times,
            double overEager,
            double overTorchScript,
            Double int8OverFp32,
            Double int8Error) {}

    /** For a person to read. */
    public String table() {
        StringBuilder text = new StringBuilder(
                "%s, libtorch on %s; policy of %.2f M parameters, %d pictures of %d image and %d text tokens, %d thread%s; median of %d%n%n"
                        .formatted(
                                engine,
                                libtorch,
                                parameters / 1e6,
                                batch,
                                imageTokens,
                                textTokens,
                                threads,
                                threads == 1 ? "" : "s",
                                repetitions));
        text.append("%-44s %10s %10s%n".formatted("forward pass", "wall ms", "cpu ms"));
        passes.times().forEach((name, spent) -> text.append(line(name, spent)));
        text.append(
                "%nby %s, the engine in fp32 is %.2f times as fast as libtorch eager, %.2f times as fast as TorchScript%n"
                        .formatted(passes.speedsBy().words, passes.overEager(), passes.overTorchScript()));
        if (passes.int8Error() != null) {
            text.append("int8 is %.2f times as fast as fp32; its velocities differ by %.2g of their length%n"
                    .formatted(passes.int8OverFp32(), passes.int8Error()));
        }
        syncs.forEach(sync -> text.append("%n%s".formatted(sync.table())));
        return text.toString();
    }

    private static String line(String name, Spent spent) {
        return "%-44s %10.1f %10.1f%n".formatted(name, 1e3 * spent.wallSeconds(), 1e3 * spent.cpuSeconds());
    }
}
