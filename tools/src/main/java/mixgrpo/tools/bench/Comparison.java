package mixgrpo.tools.bench;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import mixgrpo.tools.figures.Figures;
import mixgrpo.tools.run.Counted;
import mixgrpo.tools.run.HeldOut;

/**
 * What presets cost beside each other. Times are medians over the repetitions, wall and processor time each for itself.
 *
 * @param model that all were measured with
 * @param seed of all
 * @param threads of the engines and of libtorch
 * @param repetitions after the one to warm up
 * @param trainedIterations of each preset before its rewards were measured; 0 if none was trained
 * @param presets in the order that they were asked for
 */
public record Comparison(
        String model, long seed, int threads, int repetitions, int trainedIterations, List<Entry> presets)
        implements Figures {

    private static final String BASELINE = "dancegrpo";

    public Comparison {
        presets = List.copyOf(presets);
    }

    /**
     * One of a preset's iterations.
     *
     * @param iteration its number, from 0
     * @param windowStart first step of the window
     * @param windowEnd one past its last step
     * @param secondsPerIteration wall time
     * @param cpuSecondsPerIteration processor time
     * @param nfePerImage network calls per image in sampling; a call that serves several images counts for each its part
     * @param trainPassesPerImage latents that went forward for gradients, per image sampled
     * @param predictedSeconds wall time that the parts, measured by themselves, add up to
     * @param predictedCpuSeconds the same of processor time
     */
    public record Cost(
            int iteration,
            int windowStart,
            int windowEnd,
            double secondsPerIteration,
            double cpuSecondsPerIteration,
            double nfePerImage,
            double trainPassesPerImage,
            double predictedSeconds,
            double predictedCpuSeconds) {}

    /**
     * A part of an iteration, done once by itself.
     *
     * @param part see {@link Unit.Part}
     * @param rows latents that it is done for; 0 where it does not depend on them
     */
    public record UnitCost(String part, int rows, double seconds, double cpuSeconds) {}

    /**
     * A preset: means over some of its iterations, quantiles of the run's in the order of their windows' starts.
     *
     * @param runNfePerImage network calls per image on average over all iterations of the run, which those measured need not have
     * @param images of an iteration
     * @param iterations that were measured, in the order of their windows
     * @param units what the prediction is made of
     * @param trained rewards before and after training, by name; empty without training
     */
    public record Entry(
            String preset,
            double secondsPerIteration,
            double cpuSecondsPerIteration,
            double nfePerImage,
            double trainPassesPerImage,
            double predictedSeconds,
            double predictedCpuSeconds,
            double runNfePerImage,
            int images,
            List<Cost> iterations,
            List<UnitCost> units,
            Map<String, HeldOut> trained) {

        public Entry {
            iterations = List.copyOf(iterations);
            units = List.copyOf(units);
            trained = Collections.unmodifiableMap(new LinkedHashMap<>(trained));
        }

        static Entry of(String preset, double runNfePerImage, int images, List<Cost> iterations, List<UnitCost> units) {
            return new Entry(
                    preset,
                    mean(iterations, Cost::secondsPerIteration),
                    mean(iterations, Cost::cpuSecondsPerIteration),
                    mean(iterations, Cost::nfePerImage),
                    mean(iterations, Cost::trainPassesPerImage),
                    mean(iterations, Cost::predictedSeconds),
                    mean(iterations, Cost::predictedCpuSeconds),
                    runNfePerImage,
                    images,
                    iterations,
                    units,
                    Map.of());
        }

        /** The prediction as a share of what was measured. */
        double predictedShare() {
            return predictedSeconds / secondsPerIteration;
        }

        /** Whether the run's network calls are other than those of what was measured, to two decimals. */
        boolean differsFromRun() {
            return Math.abs(runNfePerImage - nfePerImage) >= .005;
        }

        /** Its seconds as a share of another's. */
        double of(Entry other) {
            return secondsPerIteration / other.secondsPerIteration;
        }

        private static double mean(List<Cost> iterations, ToDoubleFunction<Cost> number) {
            return iterations.stream().mapToDouble(number).average().orElseThrow();
        }

        Entry withTrained(Map<String, HeldOut> rewards) {
            return new Entry(
                    preset,
                    secondsPerIteration,
                    cpuSecondsPerIteration,
                    nfePerImage,
                    trainPassesPerImage,
                    predictedSeconds,
                    predictedCpuSeconds,
                    runNfePerImage,
                    images,
                    iterations,
                    units,
                    rewards);
        }
    }

    /** The same with what a preset's rewards are after so many iterations. */
    public Comparison withTrained(int iterations, String preset, Map<String, HeldOut> rewards) {
        return new Comparison(
                model,
                seed,
                threads,
                repetitions,
                iterations,
                presets.stream()
                        .map(entry -> entry.preset().equals(preset) ? entry.withTrained(rewards) : entry)
                        .toList());
    }

    /** The preset that the others are compared with: DanceGRPO where it was measured, else the first. */
    Entry baseline() {
        return presets.stream()
                .filter(entry -> entry.preset().equals(BASELINE))
                .findFirst()
                .orElse(presets.get(0));
    }

    /** For a person to read. */
    public String table() {
        Entry baseline = baseline();
        StringBuilder text = new StringBuilder("model %s, seed %d, %s; median of %d%n%n"
                .formatted(model, seed, Counted.of(threads, "thread"), repetitions));
        text.append("%-16s %8s %8s %10s %10s %7s %7s  %s%n"
                .formatted(
                        "preset",
                        "wall s",
                        "cpu s",
                        "predicted",
                        "pred./wall",
                        "NFE",
                        "passes",
                        "of " + baseline.preset()));
        for (Entry entry : presets) {
            text.append("%-16s %8.2f %8.2f %10.2f %10.3f %7.2f %7.2f  %.3f%n"
                    .formatted(
                            entry.preset(),
                            entry.secondsPerIteration(),
                            entry.cpuSecondsPerIteration(),
                            entry.predictedSeconds(),
                            entry.predictedShare(),
                            entry.nfePerImage(),
                            entry.trainPassesPerImage(),
                            entry.of(baseline)));
        }
        for (Entry entry : presets) {
            if (entry.differsFromRun()) {
                text.append("%n%s: NFE %.2f of the iterations measured, %.2f on average over the run%n"
                        .formatted(entry.preset(), entry.nfePerImage(), entry.runNfePerImage()));
            }
        }
        for (Entry entry : presets) {
            entry.trained()
                    .forEach((reward, outcome) ->
                            text.append("%n%s after %s, %s on %s: %.3f, before %.3f, difference %+.3f, %s"
                                    .formatted(
                                            entry.preset(),
                                            Counted.of(trainedIterations, "iteration"),
                                            reward,
                                            Counted.of(outcome.prompts(), "development prompt"),
                                            outcome.tuned(),
                                            outcome.base(),
                                            outcome.delta(),
                                            outcome.interval())));
        }
        return trainedIterations == 0
                ? text.toString()
                : text.append("%n".formatted()).toString();
    }
}
