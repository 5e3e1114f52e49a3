package mixgrpo.solvers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import mixgrpo.solvers.plan.Deviation;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Planner;
import mixgrpo.solvers.plan.Post;
import mixgrpo.solvers.plan.Prefix;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.schedule.ModelTime;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.step.LogProbLaw;
import mixgrpo.solvers.step.Prediction;
import mixgrpo.solvers.step.StepCoefficients;
import mixgrpo.solvers.window.Window;
import org.junit.jupiter.api.Test;

class PlannerTest {

    private static final SigmaSchedule TRAINERS = SigmaSchedule.shifted(25, 3);
    private static final Planner MIX = Planner.of(TRAINERS, Kernel.flow(.7));
    private static final DpmSolver SECOND = DpmSolver.plusPlus(2);

    private static Planner flash(double ratio) {
        return MIX.with(Post.compressed(SECOND, ratio));
    }

    /** The table of savings for T = 25, w = 4, groups of 12: windows that start at 20 and later end at 22. */
    @Test
    void networkCallsAreTheTabulatedOnes() {
        double[] mix = {
            24.08, 23.17, 22.25, 21.33, 20.42, 19.50, 18.58, 17.67, 16.75, 15.83, 14.92, 14.00, 13.08, 12.17, 11.25,
            10.33, 9.42, 8.50, 7.58, 6.67, 5.75, 4.83, 3.92
        };
        double[] mixPrefix = {
            25.00, 24.08, 23.17, 22.25, 21.33, 20.42, 19.50, 18.58, 17.67, 16.75, 15.83, 14.92, 14.00, 13.08, 12.17,
            11.25, 10.33, 9.42, 8.50, 7.58, 6.67, 5.75, 4.83
        };
        double[] flashPrefix = {
            13.00, 12.08, 12.17, 12.25, 11.33, 11.42, 10.50, 10.58, 10.67, 9.75, 9.83, 8.92, 9.00, 9.08, 8.17, 8.25,
            7.33, 7.42, 7.50, 6.58, 5.67, 4.75, 3.83
        };
        int[] flashSteps = {13, 13, 14, 15, 15, 16, 16, 17, 18, 18, 19, 19, 20, 21, 21, 22, 22, 23, 24, 24, 24, 24, 24};
        double[] flash = {
            12.08, 11.17, 11.25, 11.33, 10.42, 10.50, 9.58, 9.67, 9.75, 8.83, 8.92, 8.00, 8.08, 8.17, 7.25, 7.33, 6.42,
            6.50, 6.58, 5.67, 4.75, 3.83, 2.92
        };
        int[] starSteps = {9, 9, 10, 11, 12, 13, 13, 14, 15, 16, 17, 17, 18, 19, 20, 21, 21, 22, 23, 24, 24, 24, 24};
        double[] star = {
            8.08, 7.17, 7.25, 7.33, 7.42, 7.50, 6.58, 6.67, 6.75, 6.83, 6.92, 6.00, 6.08, 6.17, 6.25, 6.33, 5.42, 5.50,
            5.58, 5.67, 4.75, 3.83, 2.92
        };
        for (int l = 0; l < mix.length; l++) {
            Window window = new Window(l, Math.min(l + 4, 23));
            assertEquals(25, MIX.plan(window).steps().size());
            assertEquals(mixPrefix[l], prefixShared(MIX, window), .0051, "mix, prefix alone, at " + l);
            assertEquals(flashPrefix[l], prefixShared(flash(.4), window), .0051, "flash, prefix alone, at " + l);
            assertEquals(mix[l], MIX.plan(window).nfePerImage(12), .0051, "mix at " + l);
            assertEquals(flashSteps[l], flash(.4).plan(window).steps().size(), "flash at " + l);
            assertEquals(flash[l], flash(.4).plan(window).nfePerImage(12), .0051, "flash at " + l);
            assertEquals(starSteps[l], flash(.2).plan(window).steps().size(), "flash* at " + l);
            assertEquals(star[l], flash(.2).plan(window).nfePerImage(12), .0051, "flash* at " + l);
            for (Planner planner : List.of(MIX, flash(.4), flash(.2))) {
                Plan unshared = Variants.unshared(planner).plan(window);
                assertEquals(unshared.steps().size(), unshared.nfePerImage(12));
            }
        }
    }

    @Test
    void meanNetworkCallsOverThePublishedRunAreTheTabulatedOnes() {
        assertEquals(19.04, meanCalls(MIX, 12), .005);
        assertEquals(10.12, meanCalls(flash(.4), 12), .006);
        assertEquals(7.04, meanCalls(flash(.2), 12), .005);
        assertEquals(17.67, meanCalls(MIX, 15), .005);
        assertEquals(9.67, meanCalls(flash(.4), 15), .005);
        assertEquals(6.87, meanCalls(flash(.2), 15), .005);
    }

    private static double meanCalls(Planner planner, int positions) {
        double sum = 0;
        for (int l = 0; l < positions; l++) {
            sum += planner.plan(new Window(l, l + 4)).nfePerImage(12);
        }
        return sum / positions;
    }

    /** Calls if the window's first velocity were computed for every image. */
    private static double prefixShared(Planner planner, Window window) {
        return (planner.plan(window).networkRows(12) + 11) / 12.;
    }

    @Test
    void levelsAreContiguousAndEndAtZeroInAsManyStepsAsAskedFor() {
        Seeded.forEach(300, random -> {
            int total = 1 + random.nextInt(50);
            int start = random.nextInt(total);
            Window window = new Window(start, start + 1 + random.nextInt(total - start));
            double ratio = (1 + random.nextInt(100)) / 100.0;
            Planner planner = Planner.of(SigmaSchedule.shifted(total, .5 + 5 * random.nextDouble()), Kernel.flow(.7))
                    .with(new Prefix(SECOND, (1 + random.nextInt(100)) / 100.0))
                    .with(Post.compressed(DpmSolver.plusPlus(1 + random.nextInt(3)), ratio));
            List<Step> steps = planner.plan(window).steps();
            for (int i = 1; i < steps.size(); i++) {
                assertEquals(steps.get(i - 1).sigmaNext(), steps.get(i).sigma());
                assertEquals(steps.get(i - 1).index() + 1, steps.get(i).index());
            }
            assertEquals(1, steps.get(0).sigma());
            assertEquals(0, steps.get(steps.size() - 1).sigmaNext());
            int post = BigDecimal.valueOf(ratio)
                    .multiply(BigDecimal.valueOf(total - window.end()))
                    .setScale(0, RoundingMode.CEILING)
                    .intValue();
            assertEquals(
                    post,
                    steps.stream().filter(step -> step.index() >= window.end()).count());
        });
    }

    @Test
    void windowStepsAreThoseOfTheFullSchedule() {
        Seeded.forEach(200, random -> {
            int start = random.nextInt(20);
            Window window = new Window(start, start + 1 + random.nextInt(5));
            double ratio = (1 + random.nextInt(100)) / 100.0;
            Plan plan = flash(ratio)
                    .with(new Prefix(SECOND, 1 - random.nextDouble()))
                    .plan(window);
            assertEquals(window.size(), plan.scored().size());
            for (int k = 0; k < window.size(); k++) {
                Step step = plan.scored().get(k);
                assertEquals(window.start() + k, step.index());
                assertEquals(TRAINERS.sigma(step.index()), step.sigma());
                assertEquals(TRAINERS.sigma(step.index() + 1), step.sigmaNext());
                assertEquals(
                        Kernel.flow(.7).step(step.sigma(), step.sigmaNext(), TRAINERS.sigma(1)), step.coefficients());
            }
        });
    }

    @Test
    void groupIsSharedUpToTheFirstWindowStep() {
        Plan plan = MIX.plan(new Window(8, 12));
        plan.steps().forEach(step -> assertEquals(step.index() <= 8, step.shared(), "step " + step.index()));
        assertEquals(9 + 12 * 16, plan.networkRows(12));
        assertTrue(plan.startsShared());
        assertFalse(Variants.unshared(MIX).plan(new Window(8, 12)).startsShared());
    }

    @Test
    void postSolverRestartsByDefaultAndCarriesIfAsked() {
        Window window = new Window(3, 6);
        Step restarted = flash(.4).plan(window).steps().get(6);
        assertEquals(StepCoefficients.ode(restarted.sigma(), restarted.sigmaNext()), restarted.coefficients());
        Planner carrying = MIX.with(new Post(SECOND, .4, Post.History.CARRY, Post.Count.STEPS));
        Plan carried = carrying.plan(window);
        assertTrue(carried.steps().get(6).coefficients().last() != 0);
        assertEquals(Prediction.DATA, carried.steps().get(5).records());
    }

    @Test
    void estimatesAreRecordedOnlyWhereTheyAreLookedBackAt() {
        List<Step> steps = flash(.4).plan(new Window(3, 6)).steps();
        for (int i = 0; i < steps.size(); i++) {
            boolean used =
                    i + 1 < steps.size() && steps.get(i + 1).coefficients().last() != 0;
            assertEquals(used ? Prediction.DATA : null, steps.get(i).records(), "step " + i);
        }
        MIX.plan(new Window(3, 6)).steps().forEach(step -> assertNull(step.records()));
    }

    @Test
    void prefixTakesFewerStepsToTheSameWindow() {
        Plan plan = MIX.with(new Prefix(SECOND, .5)).plan(new Window(9, 13));
        assertEquals(5 + 16, plan.steps().size());
        assertEquals(4, plan.steps().get(0).index());
        assertEquals(TRAINERS.sigma(9), plan.steps().get(4).sigmaNext());
        assertTrue(plan.steps().get(2).coefficients().last() != 0);
        assertEquals(
                25,
                MIX.with(new Prefix(SECOND, .5)).plan(new Window(0, 4)).steps().size());
    }

    @Test
    void shippedCountOfPointsCanStopAboveZero() {
        List<Step> steps = flash(.4).asShipped().plan(new Window(18, 22)).steps();
        assertEquals(TRAINERS.sigma(22), steps.get(steps.size() - 1).sigmaNext());
    }

    @Test
    void plainTrajectoryAsShippedDiffersInModelTimeAlone() {
        Window window = new Window(3, 7);
        List<Step> shipped = MIX.asShipped().plan(window).steps();
        assertEquals(MIX.with(ModelTime.OFFICIAL_FLOOR).plan(window).steps(), shipped);
        assertEquals(.986, shipped.get(1).modelSigma());
        assertTrue(MIX.asShipped().plan(new Window(23, 23)).scored().isEmpty());
    }

    @Test
    void historyAsShippedDependsOnTheKernel() {
        Planner dance = Planner.of(TRAINERS, Kernel.dance(.3)).with(Post.compressed(SECOND, .4));
        assertEquals(Post.History.RESTART, dance.asShipped().post().history());
        assertFalse(dance.asShipped().kernel().normalised());
        assertEquals(Post.History.CARRY, flash(.4).asShipped().post().history());
        assertTrue(flash(.4).asShipped().kernel().normalised());
    }

    @Test
    void deviationsOfThePublishedCodeAreIndependent() {
        Planner planner = Planner.of(TRAINERS, Kernel.dance(.3)).with(Post.compressed(DpmSolver.plusPlus(3), .4));
        for (Deviation one : Deviation.values()) {
            Planner changed = planner.with(one);
            assertEquals(one == Deviation.POST_SCHEDULE, changed.post().count() == Post.Count.OFFICIAL_POINTS);
            assertEquals(one == Deviation.MODEL_TIME, changed.modelTime() == ModelTime.OFFICIAL_FLOOR);
            assertEquals(one == Deviation.DANCE_LOG_PROB, !changed.kernel().normalised());
            assertEquals(one == Deviation.SOLVERS, changed.post().solver().version() == DpmSolver.Version.AS_SHIPPED);
            boolean carries = flash(.4).with(one).post().history() == Post.History.CARRY;
            assertEquals(one == Deviation.POST_HISTORY, carries);
            for (Deviation other : Deviation.values()) {
                assertEquals(changed.with(other), planner.with(other).with(one), one + " and " + other);
            }
        }
    }

    @Test
    void hybridSwitchesTheNetworkOnce() {
        Plan plan = Plan.ode(TRAINERS, DpmSolver.FIRST_ORDER).withBaseAfter(15);
        plan.steps()
                .forEach(step ->
                        assertEquals(step.index() < 15 ? Step.Network.TUNED : Step.Network.BASE, step.network()));
        assertThrows(IllegalArgumentException.class, () -> plan.withBaseAfter(26));
        assertTrue(plan.scored().isEmpty());
    }

    @Test
    void onlyTheWindowKeepsItsNetwork() {
        flash(.4)
                .plan(new Window(2, 6))
                .withUnscoredBy(Step.Network.TUNED_COARSE)
                .steps()
                .forEach(step -> assertEquals(
                        step.index() >= 2 && step.index() < 6 ? Step.Network.TUNED : Step.Network.TUNED_COARSE,
                        step.network()));
    }

    @Test
    void summedLogProbsScaleWithTheElements() {
        for (Kernel kernel : List.of(Kernel.flow(.7), Kernel.dance(.3), Kernel.cps(.8), Kernel.dpm())) {
            Window window = new Window(2, 4);
            LogProbLaw mean = MIX.with(kernel).plan(window).scored().get(0).logProb();
            LogProbLaw sum =
                    MIX.with(kernel.summed(64)).plan(window).scored().get(0).logProb();
            assertEquals(64 * mean.of(.3), sum.of(.3), 1e-9);
        }
    }

    @Test
    void plansThatCannotBeTrainedAreRefused() {
        Planner dpm = Planner.of(TRAINERS, Kernel.dpm());
        assertEquals(4, dpm.plan(new Window(20, 24)).scored().size());
        assertThrows(IllegalArgumentException.class, () -> dpm.plan(new Window(21, 25)));
        assertThrows(IllegalArgumentException.class, () -> MIX.plan(new Window(22, 26)));
        assertThrows(IllegalArgumentException.class, () -> flash(.4).plan(new Window(23, 23)));
        assertTrue(MIX.plan(new Window(23, 23)).scored().isEmpty());
        DpmSolver noise = new DpmSolver(Prediction.NOISE, 2, DpmSolver.Rule.HEUN, DpmSolver.Version.CORRECTED);
        Planner mixed = MIX.with(new Prefix(noise, .5));
        Post carry = new Post(SECOND, .4, Post.History.CARRY, Post.Count.STEPS);
        assertThrows(IllegalArgumentException.class, () -> mixed.with(carry));
    }

    @Test
    void multistepSdeCannotBeScored() {
        StepCoefficients multistep = SECOND.sde(.8, .7, .9);
        LogProbLaw law = LogProbLaw.gaussian(multistep.noiseStd());
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> new Step(3, .8, .7, .8, multistep, law, Prediction.DATA, false, Step.Network.TUNED))
                .getMessage();
        assertTrue(message.contains("multistep"), message);
    }

    @Test
    void ratiosOutsideTheUnitIntervalAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Post.compressed(SECOND, 0));
        assertThrows(IllegalArgumentException.class, () -> Post.compressed(SECOND, 1.1));
        assertThrows(IllegalArgumentException.class, () -> new Prefix(SECOND, Double.NaN));
    }
}
