package mixgrpo.solvers.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import mixgrpo.solvers.step.StepCoefficients;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the benchmarks measure is a whole step, and what they compare it with a whole copy. No time is taken here. */
class StepArithmeticBenchmarkTest {

    private static final int ELEMENTS = 37; // no multiple of what is added at a time

    private final StepArithmeticBenchmark benchmark = new StepArithmeticBenchmark();

    @BeforeEach
    void fill() {
        benchmark.elements = ELEMENTS;
        benchmark.fill();
    }

    @Test
    void deterministicStepsAreTheirFormula() {
        float[][] r = benchmark.read();
        StepCoefficients c = benchmark.multistepCoefficients();
        float[] ode = benchmark.ode().clone();
        float[][] multistep = benchmark.multistep();
        for (int i = 0; i < ELEMENTS; i++) {
            assertEquals(r[0][i] + StepArithmeticBenchmark.ODE_DRIVE * r[1][i], ode[i], 1e-6);
            double next = c.keep() * r[0][i] + c.drive() * r[1][i] + c.last() * r[2][i] + c.secondLast() * r[3][i];
            assertEquals(next, multistep[0][i], 1e-6);
            assertEquals(r[0][i] - .5 * r[1][i], multistep[1][i], 1e-6, "the x0 estimate at sigma .5");
        }
    }

    @Test
    void aStochasticStepGivesOutcomeAndDeviationAgainAndAgain() {
        float[][] r = benchmark.read();
        StepCoefficients c = benchmark.sdeCoefficients();
        double first = benchmark.sde();
        assertEquals(first, benchmark.sde(), "the second call finds the noise as the first one did");
        double squares = 0;
        for (int i = 0; i < ELEMENTS; i++) {
            double mean = c.keep() * r[0][i] + c.drive() * r[1][i];
            assertEquals(mean + c.noiseStd() * r[2][i], benchmark.written()[0][i], 1e-6);
            squares += c.noiseStd() * r[2][i] * c.noiseStd() * r[2][i];
        }
        assertEquals(squares / ELEMENTS, first, 1e-6 * squares);
    }

    @Test
    void copiesAreOfAsManyArraysAsTheStepsReadAndWrite() {
        float[][] three = benchmark.copyOfThree();
        assertArrayEquals(benchmark.read()[2], three[2]);
        assertArrayEquals(new float[ELEMENTS], three[3]);
        assertArrayEquals(benchmark.read()[3], benchmark.copyOfFour()[3]);
        assertArrayEquals(benchmark.read()[5], benchmark.copyOfSix()[5]);
    }
}
