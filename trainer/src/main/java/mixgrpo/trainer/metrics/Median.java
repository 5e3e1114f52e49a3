package mixgrpo.trainer.metrics;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** The middle of several measurements, which one slow moment of the machine does not move. */
public final class Median {

    private Median() {}

    /**
     * The median of a number of each; the mean of the middle two where there is no middle.
     *
     * @param of at least one
     */
    public static <T> double of(List<T> of, ToDoubleFunction<T> number) {
        double[] sorted = of.stream().mapToDouble(number).sorted().toArray();
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
}
