package mixgrpo.solvers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.step.LogProbLaw;
import mixgrpo.solvers.step.StepCoefficients;
import org.junit.jupiter.api.Test;

class KernelTest {

    private static final SigmaSchedule TRAINERS = SigmaSchedule.shifted(25, 3);

    private static StepCoefficients step(Kernel kernel, int i) {
        return kernel.step(TRAINERS.sigma(i), TRAINERS.sigma(i + 1), TRAINERS.sigma(1));
    }

    @Test
    void noisePerStepIsTheTabulatedOne() {
        int[] steps = {0, 1, 2, 3, 4, 5, 9, 14, 22, 23, 24};
        double[] flow = {.700, .7145, .509, .418, .365, .328, .250, .202, .129, .111, .083};
        double[] dance = {.082, .084, .087, .089, .092, .095, .108, .132, .202, .217, .233};
        double[] cps = {.938, .924, .910, .894, .878, .861, .778, .634, .197, .106, 0};
        for (int k = 0; k < steps.length; k++) {
            assertEquals(flow[k], step(Kernel.flow(.7), steps[k]).noiseStd(), 6e-4);
            assertEquals(dance[k], step(Kernel.dance(.7), steps[k]).noiseStd(), 6e-4);
            assertEquals(cps[k], step(Kernel.cps(.8), steps[k]).noiseStd(), 6e-4);
        }
    }

    @Test
    void firstFlowStepHasNoiseEta() {
        Seeded.forEach(50, random -> {
            double eta = .1 + random.nextDouble();
            SigmaSchedule schedule = SigmaSchedule.shifted(2 + random.nextInt(50), .5 + 5 * random.nextDouble());
            double std = Kernel.flow(eta)
                    .step(1, schedule.sigma(1), schedule.sigma(1))
                    .noiseStd();
            assertEquals(eta, std, 1e-12);
        });
    }

    @Test
    void flowNoiseDoesNotBlowUpWhereASchedulesStartsBelowOne() {
        double std = Kernel.flow(.7).step(.9999, .98, .98).noiseStd();
        assertEquals(.7, std, .003);
    }

    @Test
    void everyKernelKeepsTheImagesShare() {
        Seeded.forEach(300, random -> {
            double[] levels = Seeded.levels(random);
            double first = levels[1] + (levels[0] - levels[1]) * random.nextDouble();
            for (Kernel kernel :
                    List.of(Kernel.flow(.7), Kernel.dance(.3), Kernel.cps(1 - random.nextDouble()), Kernel.dpm())) {
                StepCoefficients step = kernel.step(levels[0], levels[1], first);
                assertEquals(1 - levels[1], step.keep() * (1 - levels[0]) - step.drive(), 1e-9, kernel.toString());
            }
        });
    }

    @Test
    void noiseAfterCpsAndDpmIsExactlyTheNextSigma() {
        Seeded.forEach(300, random -> {
            double[] levels = Seeded.levels(random);
            for (Kernel kernel : List.of(Kernel.cps(1 - random.nextDouble()), Kernel.dpm())) {
                assertEquals(levels[1], noiseAfter(kernel.step(levels[0], levels[1], .5), levels[0]), 1e-12);
            }
        });
    }

    @Test
    void eulerMaruyamaLeavesTheTabulatedExcessNoise() {
        assertArrayEquals(
                new double[] {.0337, .039, .012, .0064, .017, .064, .237},
                excess(Kernel.flow(.7), 0, 1, 2, 3, 20, 22, 23),
                6e-4);
        assertArrayEquals(new double[] {.0001, .179, .95}, excess(Kernel.dance(.7), 0, 22, 23), 6e-3);
    }

    private static double[] excess(Kernel kernel, int... steps) {
        double[] excess = new double[steps.length];
        for (int k = 0; k < steps.length; k++) {
            int i = steps[k];
            excess[k] = noiseAfter(step(kernel, i), TRAINERS.sigma(i)) / TRAINERS.sigma(i + 1) - 1;
        }
        return excess;
    }

    /** Standard deviation of all noise in x' if x is the marginal: (1 - sigma) x0 + sigma eps, velocity eps - x0. */
    private static double noiseAfter(StepCoefficients step, double sigma) {
        return Math.hypot(step.keep() * sigma + step.drive(), step.noiseStd());
    }

    @Test
    void sdeWithoutDiffusionIsTheOde() {
        for (double sigma : new double[] {1.0, 0.7, 0.2}) {
            assertEquals(StepCoefficients.ode(sigma, sigma - 0.1), StepCoefficients.sde(sigma, sigma - 0.1, s -> 0));
        }
    }

    @Test
    void cpsWithoutFreshNoiseIsTheOde() {
        Seeded.forEach(100, random -> {
            double[] levels = Seeded.levels(random);
            StepCoefficients cps = StepCoefficients.cps(levels[0], levels[1], 0);
            assertEquals(1, cps.keep(), 1e-12);
            assertEquals(levels[1] - levels[0], cps.drive(), 1e-12);
            assertEquals(0, cps.noiseStd());
        });
    }

    @Test
    void logProbIsTheDensitysMeanOverElements() {
        double std = .3;
        double density = Math.exp(-.2 * .2 / (2 * std * std)) / (std * Math.sqrt(2 * Math.PI));
        assertEquals(Math.log(density), LogProbLaw.gaussian(std).of(.2 * .2), 1e-12);
        assertEquals(12 * Math.log(density), LogProbLaw.gaussian(std).summed(12).of(.2 * .2), 1e-12);
    }

    @Test
    void normaliserCancelsInTheRatio() {
        Kernel kernel = Kernel.dance(.3);
        LogProbLaw with = kernel.logProb(.1);
        LogProbLaw without = kernel.withoutNormaliser().logProb(.1);
        assertEquals(with.of(.02) - with.of(.03), without.of(.02) - without.of(.03), 1e-12);
        assertEquals(0, without.of(0));
    }

    @Test
    void deterministicStepHasNoDensity() {
        double std = Kernel.dpm().step(.1, 0, .9).noiseStd();
        assertEquals(0, std);
        assertThrows(IllegalArgumentException.class, () -> Kernel.dpm().logProb(std));
        assertEquals(LogProbLaw.SQUARED_DEVIATION, Kernel.cps(.8).logProb(0));
    }

    @Test
    void everythingIsFiniteAtBothEnds() {
        for (Kernel kernel : List.of(Kernel.flow(.7), Kernel.dance(.3), Kernel.cps(.8), Kernel.dpm())) {
            for (StepCoefficients step :
                    List.of(kernel.step(1, 0, 0), kernel.step(1, .9, .9), kernel.step(.3, 0, .9))) {
                assertTrue(
                        Double.isFinite(step.keep())
                                && Double.isFinite(step.drive())
                                && Double.isFinite(step.noiseStd()),
                        kernel + " " + step);
            }
        }
    }

    @Test
    void levelsThatDoNotFallAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> StepCoefficients.ode(.5, .5));
        assertThrows(IllegalArgumentException.class, () -> StepCoefficients.ode(1.5, .5));
        assertThrows(IllegalArgumentException.class, () -> StepCoefficients.ode(.5, -.1));
        assertThrows(IllegalArgumentException.class, () -> Kernel.flow(.7).step(Double.NaN, .1, .9));
    }

    @Test
    void impossibleNoiseLevelsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Kernel.flow(0));
        assertThrows(IllegalArgumentException.class, () -> Kernel.dance(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> Kernel.cps(1.1));
    }
}
