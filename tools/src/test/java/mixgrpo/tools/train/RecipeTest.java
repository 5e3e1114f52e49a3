package mixgrpo.tools.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Prefix;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.schedule.DynamicShift;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.step.LogProbLaw;
import mixgrpo.solvers.step.Prediction;
import mixgrpo.solvers.window.Window;
import mixgrpo.solvers.window.WindowSchedule;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.SyncConfig;
import mixgrpo.trainer.config.TrainConfig;
import org.junit.jupiter.api.Test;

/** What each key does to the method's parts. */
class RecipeTest {

    /** The paper's recipe: 25 steps, windows of 4, an interval of 25. */
    private static Recipe paper(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("model=flux", "prompts.file=prompts.txt"));
        all.addAll(List.of(arguments));
        return new Recipe(Configuration.load("paper", List.of(), all).config());
    }

    private static Recipe paperPreset(String preset) throws IOException {
        return recipe(preset, "model=flux", "prompts.file=prompts.txt");
    }

    private static Recipe recipe(String preset, String... arguments) throws IOException {
        return new Recipe(
                Configuration.load(preset, List.of(), List.of(arguments)).config());
    }

    private static Recipe quickstart(String... arguments) throws IOException {
        return new Recipe(
                Configuration.load("quickstart", List.of(), List.of(arguments)).config());
    }

    /** Starts of the windows of {@code iterations} with an interval of one. */
    private static List<Integer> starts(int iterations, String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of(
                "rollout.steps=10", "window.size=3", "window.first=0", "window.last=none", "window.shiftInterval=1"));
        all.addAll(List.of(arguments));
        WindowSchedule windows = quickstart(all.toArray(String[]::new)).windows();
        return IntStream.range(0, iterations)
                .mapToObj(windows::at)
                .peek(window -> assertEquals(3, window.size()))
                .map(Window::start)
                .toList();
    }

    private static double nfe(Recipe recipe, int iteration) {
        Plan plan = recipe.planner().plan(recipe.windows().at(iteration));
        return plan.nfePerImage(recipe.config().rollout().images());
    }

    @Test
    void thePaperPresetIsThePaper() throws IOException {
        Recipe paper = paper();
        WindowSchedule windows = paper.windows();
        assertEquals(new Window(0, 4), windows.at(24));
        assertEquals(new Window(1, 5), windows.at(25));
        assertEquals(new Window(11, 15), windows.at(299));
        assertEquals(OptionalInt.empty(), windows.stopsAt());
        List<Step> steps = paper.planner().plan(windows.at(50)).steps();
        assertEquals(25, steps.size());
        for (int i = 0; i < 25; i++) {
            double t = (25 - i) / 25.;
            assertEquals(3 * t / (1 + 2 * t), steps.get(i).sigma(), 1e-6);
            assertEquals(steps.get(i).sigma(), steps.get(i).modelSigma());
            assertEquals(i == 2 || i == 3 || i == 4 || i == 5, steps.get(i).isScored());
            assertEquals(i <= 2, steps.get(i).shared());
        }
        assertEquals(0, steps.get(24).sigmaNext());
        // Three steps once for twelve images, 22 for each.
        assertEquals(3. / 12 + 22, nfe(paper, 50));
        assertEquals(25, nfe(paper("rollout.sharedNoise=false"), 50));
    }

    @Test
    void theQuickstartIsFlashAndItsWindowStaysInItsRange() throws IOException {
        Recipe quickstart = quickstart();
        List<Integer> starts = IntStream.range(0, 180)
                .map(i -> quickstart.windows().at(i).start())
                .distinct()
                .boxed()
                .toList();
        assertEquals(List.of(2, 3, 4), starts);
        // Window [2, 3) of ten: three shared calls, that of the window among them, ceil(.25 * 7) = 2 behind it.
        assertEquals(3. / 18 + 2, nfe(quickstart, 0), 1e-12);
        Plan plan = quickstart.planner().plan(new Window(2, 3));
        assertEquals(0, plan.steps().get(plan.steps().size() - 1).sigmaNext());
        assertEquals(10, quickstart.evaluationPlan().steps().size());
        assertEquals(10, quickstart.evaluationPlan().nfePerImage(1));
    }

    @Test
    void stepsAndShiftMakeTheSchedule() throws IOException {
        List<Step> linear = quickstart("rollout.steps=8", "rollout.shift=1", "post.ratio=1")
                .planner()
                .plan(new Window(2, 4))
                .steps();
        assertEquals(8, linear.size());
        assertEquals(.75, linear.get(2).sigma(), 1e-6);
    }

    @Test
    void firstLastStrideAndEndPlaceTheWindow() throws IOException {
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 0), starts(9));
        assertEquals(List.of(2, 3, 4, 2, 3), starts(5, "window.first=2", "window.last=6"));
        assertEquals(List.of(0, 3, 6, 7, 0), starts(5, "window.stride=3"));
        assertEquals(List.of(0, 3, 6, 7, 7, 7), starts(6, "window.stride=3", "window.end=clamp"));
        assertEquals(List.of(0, 3, 6, 7, 6, 3, 0, 3), starts(8, "window.stride=3", "window.end=bounce"));
        assertEquals(List.of(0, 0, 1, 1), starts(4, "window.shiftInterval=2"));
        Recipe stopping = quickstart("window.end=stop", "window.shiftInterval=5", "sync.mode=inputs");
        assertEquals(OptionalInt.of(15), stopping.windows().stopsAt());
        assertEquals(15, stopping.decided(EngineKind.ORT_CPU, 16).config().iterations());
    }

    @Test
    void negativeLastStepsCountFromTheEnd() throws IOException {
        assertEquals(starts(9, "window.last=9"), starts(9, "window.last=-1"));
        assertEquals(starts(9, "window.last=8"), starts(9, "window.last=-2"));
        assertEquals(List.of(0, 1, 2, 0), starts(4, "window.last=-6"));
        for (int steps : new int[] {5, 10, 25, 50}) {
            Recipe dance = recipe("dancegrpo", "rollout.steps=" + steps);
            dance.check();
            assertEquals(new Window(0, steps - 1), dance.windows().at(7));
        }
        String[] ten = {"rollout.steps=10", "window.first=2", "window.size=3", "window.last=-9"};
        assertRefused("window.last: expected a step in 2..9 (window.first to rollout.steps - 1), or -8..-1", ten);
        ten[3] = "window.last=-8";
        assertRefused("window.size: expected 1..1 (steps 2 to 2 of rollout.steps 10), got 3", ten);
    }

    /** One fault, not a second one that follows from it. */
    @Test
    void aWindowsEndIsNotBlamedOnItsSize() {
        for (String strategy : List.of("all", "progressive", "list")) {
            var error = assertThrows(
                    IllegalArgumentException.class,
                    () -> recipe(
                            "mixgrpo",
                            "rollout.steps=10",
                            "window.strategy=" + strategy,
                            "window.starts=[0]",
                            "window.last=23"));
            assertTrue(error.getMessage().contains("window.last: expected a step in 0..9"), error.getMessage());
            assertFalse(error.getMessage().contains("window.size"), error.getMessage());
            assertFalse(error.getMessage().contains("window.starts"), error.getMessage());
        }
        assertRefused(
                "window.first: expected a step in 0..9", "rollout.steps=10", "window.first=10", "window.last=none");
    }

    @Test
    void strideZeroStaysWhateverTheEnd() throws IOException {
        for (String end : List.of("rollback", "clamp", "stop", "bounce")) {
            assertEquals(List.of(2, 2, 2, 2), starts(4, "window.stride=0", "window.first=2", "window.end=" + end), end);
        }
        assertEquals(List.of(4, 4, 4), starts(3, "window.strategy=frozen", "window.first=4"));
    }

    @Test
    void randomWindowsFillTheirRangeByTheSeed() throws IOException {
        String[] arguments = {"window.strategy=random", "window.first=2", "window.last=7"};
        List<Integer> starts = starts(100, arguments);
        assertEquals(List.of(2, 3, 4, 5), starts.stream().distinct().sorted().toList());
        assertEquals(starts, starts(100, arguments));
        String[] other = Arrays.copyOf(arguments, 4);
        other[3] = "seed=2";
        assertFalse(starts.equals(starts(100, other)));
    }

    @Test
    void decayingIntervalsFollowTheirKeys() throws IOException {
        String[] linear = {"window.strategy=linear-decay", "window.shiftInterval=3", "window.last=5"};
        assertEquals(List.of(0, 0, 0, 1, 1, 2, 3, 0), starts(8, linear));
        String[] higher = Arrays.copyOf(linear, 4);
        higher[3] = "window.shiftIntervalMin=2";
        assertEquals(List.of(0, 0, 0, 1, 1, 2, 2, 3, 3, 0), starts(10, higher));
        assertEquals(
                List.of(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3),
                starts(
                        11,
                        "window.strategy=exponential-decay",
                        "window.shiftInterval=4",
                        "window.decayThreshold=1",
                        "window.decayRate=1"));
    }

    @Test
    void listedWindowsComeInTheirOrder() throws IOException {
        assertEquals(
                List.of(5, 5, 0, 0, 7, 7, 5),
                starts(7, "window.strategy=list", "window.starts=[5, 0, 7]", "window.shiftInterval=2"));
        assertRefused("window.starts: expected at least one step", "window.strategy=list");
        assertRefused(
                "window.starts: expected steps in 2..7",
                "window.strategy=list",
                "window.starts=[2, 8]",
                "window.size=3",
                "window.last=none");
    }

    private static void assertRefused(String message, String... arguments) {
        var error = assertThrows(IllegalArgumentException.class, () -> quickstart(arguments));
        assertTrue(error.getMessage().contains(message), error.getMessage());
    }

    @Test
    void allTrainsAPartOfEveryStep() throws IOException {
        Recipe dance = recipe("dancegrpo");
        assertEquals(new Window(0, 24), dance.windows().at(7));
        Plan plan = dance.planner().plan(dance.windows().at(7));
        assertEquals(24, plan.scored().size());
        assertEquals(14, plan.trainedPerImage());
        assertFalse(plan.steps().get(24).diverges(), "the last noise is dropped");
        assertEquals(1 / 12. + 24, nfe(dance, 7), 1e-12);
        int[] one = plan.trainedSteps(7, 3);
        assertEquals(14, one.length);
        assertFalse(Arrays.equals(one, plan.trainedSteps(8, 3)));
        assertFalse(Arrays.equals(one, plan.trainedSteps(7, 4)));
        Recipe other = recipe("dancegrpo", "seed=2");
        assertFalse(Arrays.equals(one, other.planner().plan(new Window(0, 24)).trainedSteps(7, 3)));
        Plan half = recipe("dancegrpo", "window.fraction=0.5").planner().plan(new Window(0, 24));
        assertEquals(12, half.trainedPerImage());
        assertEquals(
                24,
                recipe("dancegrpo", "window.fraction=1")
                        .planner()
                        .plan(new Window(0, 24))
                        .trainedPerImage());
        assertEquals(
                4, paper("window.fraction=0.2").planner().plan(new Window(0, 4)).trainedPerImage());
    }

    @Test
    void presetsAreTheVariantsOfOneRecipe() throws IOException {
        Recipe mix = recipe("mixgrpo");
        for (String preset : List.of("flash", "flash-star", "dancegrpo", "flow-grpo-fast")) {
            Recipe variant = recipe(preset);
            variant.check();
            assertEquals(mix.config().prompts(), variant.config().prompts(), preset);
            assertEquals(mix.config().optimizer(), variant.config().optimizer(), preset);
            assertEquals(mix.config().loss(), variant.config().loss(), preset);
            assertEquals(mix.config().rewards(), variant.config().rewards(), preset);
            assertEquals(
                    mix.config().rollout().images(), variant.config().rollout().images(), preset);
            assertEquals(25, variant.config().rollout().steps(), preset);
            assertEquals(mix.evaluationPlan(), variant.evaluationPlan(), preset);
        }
        assertEquals(paper().planner(), mix.planner());
        assertEquals(24.08, nfe(mix, 0), .005);
        // The table of algorithms: Flash at 1 after 20 iterations, Flash* always at 0, a tail of 9 and 5 steps.
        assertEquals(11.17, nfe(recipe("flash"), 20), .005);
        assertEquals(8.08, nfe(recipe("flash-star"), 250), .005);
        Recipe fast = recipe("flow-grpo-fast");
        for (int i = 0; i < 50; i++) {
            assertEquals(2, fast.windows().at(i).size());
            assertTrue(fast.windows().at(i).end() <= 13);
        }
    }

    @Test
    void thePaperPresetsDifferAsTheScriptsDo() throws IOException {
        Recipe flash = paperPreset("paper-flash");
        assertEquals(new Window(1, 5), flash.windows().at(20));
        assertEquals(4 + 9, flash.planner().plan(new Window(0, 4)).steps().size());
        Recipe star = paperPreset("paper-flash-star");
        assertEquals(new Window(0, 4), star.windows().at(299));
        assertEquals(4 + 5, star.planner().plan(new Window(0, 4)).steps().size());
        for (Recipe recipe : List.of(flash, star)) {
            assertEquals(paper().config().optimizer(), recipe.config().optimizer());
            assertEquals(paper().config().rollout(), recipe.config().rollout());
            assertEquals(paper().config().loss(), recipe.config().loss());
            assertEquals(20, recipe.config().window().shiftInterval());
        }
    }

    @Test
    void thePostKeysChangeTheStepsBehindTheWindow() throws IOException {
        Window window = new Window(1, 3);
        Plan euler = paper("rollout.steps=11").planner().plan(window);
        assertEquals(11, euler.steps().size());
        assertEquals(
                3 + 4,
                paper("rollout.steps=11", "post.ratio=0.4")
                        .planner()
                        .plan(window)
                        .steps()
                        .size());
        for (String keys : List.of(
                "post.solver=dpmsolver++ post.order=2",
                "post.solver=dpmsolver++ post.order=2 post.variant=heun",
                "post.solver=dpmsolver++ post.order=3",
                "post.solver=dpmsolver post.order=2",
                "post.solver=dpmsolver++ post.order=2 post.history=carry")) {
            List<String> arguments = new ArrayList<>(List.of("rollout.steps=11"));
            arguments.addAll(List.of(keys.split(" ")));
            Plan plan = paper(arguments.toArray(String[]::new)).planner().plan(window);
            assertEquals(11, plan.steps().size(), keys);
            assertFalse(euler.equals(plan), keys);
            boolean carries = keys.contains("carry");
            assertEquals(carries, plan.steps().get(3).coefficients().last() != 0, keys);
            assertTrue(plan.steps().get(5).coefficients().last() != 0, keys);
        }
        Plan midpoint =
                paper("post.solver=dpmsolver++", "post.order=2").planner().plan(window);
        Plan heun = paper("post.solver=dpmsolver++", "post.order=2", "post.variant=heun")
                .planner()
                .plan(window);
        assertFalse(midpoint.equals(heun));
    }

    @Test
    void theKernelAndItsStrengthMakeTheWindow() throws IOException {
        Window window = new Window(3, 5);
        double flow = noise(paper().planner().plan(window));
        double sigma = paper().planner().plan(window).steps().get(3).sigma();
        double dt = sigma - paper().planner().plan(window).steps().get(3).sigmaNext();
        assertEquals(.7 * Math.sqrt(sigma / (1 - sigma) * dt), flow, 1e-9);
        assertEquals(flow / 2, noise(paper("rollout.eta=0.35").planner().plan(window)), 1e-9);
        assertEquals(
                .7 * Math.sqrt(dt),
                noise(paper("rollout.kernel=dance").planner().plan(window)),
                1e-9);
        assertTrue(noise(paper("rollout.kernel=cps").planner().plan(window)) > 0);
        assertEquals(Kernel.dpm(), paper("rollout.kernel=dpm").planner().kernel());
    }

    @Test
    void dpmLeavesTheLastStepToTheOde() throws IOException {
        Recipe reaching = paper("rollout.kernel=dpm", "iterations=600");
        var error = assertThrows(IllegalArgumentException.class, reaching::check);
        assertTrue(error.getMessage().contains("window.last = rollout.steps - 2"), error.getMessage());
        paper("rollout.kernel=dpm", "iterations=600", "window.last=23").check();
    }

    private static SyncConfig.Mode decided(EngineKind engine, String preset, String... arguments) throws IOException {
        TrainConfig config = recipe(preset, arguments).config();
        return new Recipe(config, new LatentPacking(4, 16, 16), DynamicShift.FLUX)
                .decided(engine, 16)
                .config()
                .sync()
                .mode();
    }

    /** 64 tokens of a picture and 16 of its prompt. */
    @Test
    void weightsAreInputsOnACpuWhereFewTokensPassBetweenSyncs() throws IOException {
        EngineKind cpu = EngineKind.ORT_CPU;
        // 8 prompts, 18 pictures, 2.22 calls each: 25,600 tokens.
        assertEquals(SyncConfig.Mode.INPUTS, decided(cpu, "quickstart"));
        assertEquals(SyncConfig.Mode.INPUTS, decided(cpu, "quickstart", "prompts.perIteration=15"));
        assertEquals(SyncConfig.Mode.SESSION, decided(cpu, "quickstart", "prompts.perIteration=16"));
        assertEquals(SyncConfig.Mode.SESSION, decided(cpu, "quickstart", "sync.every=2"));
        assertEquals(SyncConfig.Mode.SESSION, decided(cpu, "quickstart", "train.mode=lora"));
        assertEquals(SyncConfig.Mode.SESSION, decided(cpu, "mixgrpo"), "4 prompts, 12 pictures, 19 calls each");
        assertEquals(SyncConfig.Mode.SESSION, decided(cpu, "quickstart", "sync.mode=session"), "as it is told");
        assertEquals(SyncConfig.Mode.INPUTS, decided(cpu, "mixgrpo", "sync.mode=inputs"));
        assertEquals(SyncConfig.Mode.REFIT, decided(EngineKind.TENSORRT, "quickstart"));
        assertEquals(SyncConfig.Mode.SESSION, decided(EngineKind.ORT_CUDA, "quickstart"));
    }

    @Test
    void theScheduleKeysMakeTheLevels() throws IOException {
        assertLevels(
                SigmaSchedule.shifted(25, 3),
                new Recipe(quickstart("rollout.steps=25").config()));
        assertLevels(SigmaSchedule.sd3Pipeline(10, 3), quickstart("rollout.schedule=sd3"));
        Recipe dynamic = quickstart("rollout.schedule=dynamic");
        assertLevels(
                SigmaSchedule.dynamic(10, DynamicShift.FLUX, 2025),
                new Recipe(dynamic.config(), new LatentPacking(16, 90, 90), DynamicShift.FLUX));
        DynamicShift other = new DynamicShift(.3, 1.4, 100, 5000);
        assertLevels(
                SigmaSchedule.dynamic(10, other, 2025),
                new Recipe(dynamic.config(), new LatentPacking(16, 90, 90), other));
        assertThrows(IllegalStateException.class, dynamic::planner);
        assertLevels(
                SigmaSchedule.of(1, .8, .5, .3, .1, 0),
                quickstart("rollout.schedule=list", "rollout.steps=5", "rollout.sigmas=[1, 0.8, 0.5, 0.3, 0.1, 0]"));
        for (String sigmas :
                List.of("[]", "[1, 0.5, 0]", "[1, 0.8, 0.8, 0]", "[1, 0.8, 0.5, 0.1]", "[2, 0.8, 0.5, 0]")) {
            assertRefused(
                    "rollout.sigmas: expected 4 levels that fall from at most 1 to 0",
                    "rollout.schedule=list",
                    "rollout.steps=3",
                    "window.first=0",
                    "window.last=none",
                    "rollout.sigmas=" + sigmas);
        }
    }

    private static void assertLevels(SigmaSchedule expected, Recipe recipe) {
        assertEquals(expected, recipe.planner().schedule());
        assertEquals(Plan.ode(expected, DpmSolver.FIRST_ORDER), recipe.evaluationPlan());
    }

    @Test
    void thePreKeysChangeTheStepsBeforeTheWindow() throws IOException {
        Window window = new Window(9, 13);
        assertEquals(Prefix.EULER, paper().planner().prefix());
        Plan plan = paper("pre.ratio=0.5", "pre.solver=dpmsolver++", "pre.order=2")
                .planner()
                .plan(window);
        assertEquals(5 + 16, plan.steps().size());
        assertTrue(plan.steps().get(2).coefficients().last() != 0);
        DpmSolver heun = paper("pre.solver=dpmsolver", "pre.order=2", "pre.variant=heun")
                .planner()
                .prefix()
                .solver();
        assertEquals(new DpmSolver(Prediction.NOISE, 2, DpmSolver.Rule.HEUN, DpmSolver.Version.CORRECTED), heun);
        assertRefused("pre.order: expected 1 for pre.solver euler", "pre.order=2");
        assertRefused("pre.ratio: expected a share above 0", "pre.ratio=0");
        // History that is carried needs one kind of estimate on both sides.
        Recipe mixed = paper(
                "pre.solver=dpmsolver", "pre.order=2", "post.solver=dpmsolver++", "post.order=2", "post.history=carry");
        assertThrows(IllegalArgumentException.class, mixed::check);
    }

    private static double noise(Plan plan) {
        return plan.steps().get(3).coefficients().noiseStd();
    }

    @Test
    void aPlanThatCannotBeMadeIsFoundBeforeTheRun() throws IOException {
        // Empty official windows have nothing for Flash to follow: at iteration 575 of 600.
        Recipe recipe = paper(
                "officialCompat=true", "iterations=600", "post.solver=dpmsolver++", "post.order=2", "post.ratio=0.4");
        var error = assertThrows(IllegalArgumentException.class, recipe::check);
        assertTrue(error.getMessage().contains("window at 23 is empty"), error.getMessage());
        paper().check();
        quickstart().check();
    }

    @Test
    void trainedRewardsAreWeighedAndRequiredOnesNamed() throws IOException {
        Recipe recipe = quickstart("rewards.jpeg.weight=3", "rewards.sharpness.required=true");
        assertEquals(
                List.of("scene", "likeness", "jpeg", "sharpness"),
                List.copyOf(recipe.advantages().weights().keySet()));
        assertEquals(.6, recipe.advantages().weights().get("jpeg"), 1e-12);
        assertEquals(List.of("scene", "likeness", "strict", "sharpness"), recipe.requiredRewards());
        assertEquals(.1, recipe.advantages().epsilon());
        assertEquals(3, quickstart("loss.advantageClip=3").advantages().clip());
        assertEquals(.2, quickstart("loss.trimmedRatio=0.2").advantages().trimmedRatio());
        assertEquals(
                LossConfig.Scope.GLOBAL_DEVIATION,
                quickstart("loss.scope=global-deviation").advantages().scope());
        Recipe given = quickstart("rewards.jpeg.weight=3", "loss.rewardWeights=given");
        assertEquals(3, given.advantages().weights().get("jpeg"));
        assertEquals(.7, given.advantages().weights().get("scene"));
        assertRefused("loss.trimmedRatio: expected a share from 0 to below 1", "loss.trimmedRatio=1");
    }

    @Test
    void logProbsAreAveragedOrSummed() throws IOException {
        Window window = new Window(2, 4);
        LogProbLaw mean = paper().planner().plan(window).scored().get(0).logProb();
        Recipe summing =
                new Recipe(paper("loss.logProb=sum").config(), new LatentPacking(16, 90, 90), DynamicShift.FLUX);
        assertEquals(
                129_600 * mean.of(.3),
                summing.planner().plan(window).scored().get(0).logProb().of(.3),
                1e-6);
    }

    @Test
    void aTrainedStepNeedsNoiseWhateverTheLoss() throws IOException {
        for (String key : List.of(
                "loss.objective=clip",
                "loss.stepWeights=noise-aware",
                "loss.reference=gaussian",
                "loss.objective=trust-region")) {
            String[] arguments = {
                "rollout.kernel=cps", key, "loss.oldLogProb=recompute", "window.shiftInterval=1", "window.last=none"
            };
            var error = assertThrows(
                    IllegalArgumentException.class, () -> paper(arguments).check());
            assertTrue(error.getMessage().contains("step 24 has no noise with rollout.kernel cps"), error.getMessage());
            assertTrue(error.getMessage().contains("window.last=-2"), error.getMessage());
            arguments[4] = "window.last=-2";
            paper(arguments).check();
        }
        assertRefused(
                "loss.objective: expected clip or trust-region for rollout.kernel cps",
                "rollout.kernel=cps",
                "loss.objective=guard",
                "loss.oldLogProb=recompute");
        assertRefused("loss.oldLogProb: expected recompute for loss.objective guard", "loss.objective=guard");
    }
}
