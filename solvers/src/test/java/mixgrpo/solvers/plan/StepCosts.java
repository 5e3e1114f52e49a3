package mixgrpo.solvers.plan;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Prints what the arithmetic of a step costs beside copying its arrays. It measures time, so no build runs it; by hand, on a machine
 * that does nothing else, in two minutes: {@code mvn -q test -pl solvers -Dtest=StepCosts}.
 */
class StepCosts {

    private static final double AT_MOST = 3;

    /** A step and the copy that it stands beside, by their methods in {@link StepArithmeticBenchmark}. */
    private record Compared(String name, String step, String copy) {}

    private static final List<Compared> COMPARED = List.of(
            new Compared("ODE", "ode", "copyOfThree"),
            new Compared("SDE with log-prob", "sde", "copyOfFour"),
            new Compared("multistep with history", "multistep", "copyOfSix"));

    @Test
    void stepsTakeAtMostThreeTimesAsLongAsCopying() throws RunnerException {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .include(StepArithmeticBenchmark.class.getName())
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .run();
        System.out.printf("%n%-24s %9s %13s %13s %7s%n", "step", "elements", "step, ns/el.", "copy, ns/el.", "ratio");
        double worst = 0;
        for (String elements : List.of(StepArithmeticBenchmark.QUICKSTART, StepArithmeticBenchmark.FLUX)) {
            for (Compared compared : COMPARED) {
                double step = nanoseconds(results, compared.step(), elements);
                double copy = nanoseconds(results, compared.copy(), elements);
                System.out.printf(
                        Locale.ROOT,
                        "%-24s %9s %13.3f %13.3f %7.2f%n",
                        compared.name(),
                        elements,
                        step,
                        copy,
                        step / copy);
                worst = Math.max(worst, step / copy);
            }
        }
        assertTrue(worst <= AT_MOST, "the slowest step takes %.2f times as long as copying".formatted(worst));
    }

    /** Time of a benchmark per element. */
    private static double nanoseconds(Collection<RunResult> results, String method, String elements) {
        Result<?> found = results.stream()
                .filter(result -> result.getParams().getBenchmark().endsWith("." + method))
                .filter(result -> result.getParams().getParam("elements").equals(elements))
                .map(RunResult::getPrimaryResult)
                .findFirst()
                .orElseThrow();
        return 1e3 * found.getScore() / Integer.parseInt(elements);
    }
}
