package mixgrpo.tools.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Planner;
import mixgrpo.solvers.plan.Post;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.schedule.ModelTime;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.window.Window;
import mixgrpo.solvers.window.WindowSchedule;
import mixgrpo.tools.config.Configuration;
import mixgrpo.trainer.advantage.AdvantageRule;
import mixgrpo.trainer.config.OfficialDeviation;
import mixgrpo.trainer.config.OptimizerConfig;
import org.junit.jupiter.api.Test;

/** What the published code does otherwise, all at once and one by one. */
class OfficialCompatTest {

    private static Recipe paper(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("model=flux", "prompts.file=prompts.txt"));
        all.addAll(List.of(arguments));
        return new Recipe(Configuration.load("paper", List.of(), all).config());
    }

    @Test
    void officialCompatReproducesThePublishedCode() throws IOException {
        Recipe official = paper("officialCompat=true");
        // Row 3: the model is told int(1000 sigma) / 1000.
        for (Step step : official.planner().plan(new Window(0, 4)).steps()) {
            assertEquals(Math.rint(step.modelSigma() * 1000), step.modelSigma() * 1000, 1e-9);
        }
        // Rows 6 to 8: 23 steps are reached, the window shrinks there and is empty at 23.
        WindowSchedule windows = official.windows();
        assertEquals(new Window(19, 23), windows.at(19 * 25));
        assertEquals(new Window(20, 23), windows.at(20 * 25));
        assertTrue(windows.at(23 * 25).isEmpty());
        assertEquals(new Window(0, 4), windows.at(24 * 25));
        // Row 9: the first random window is at 0.
        Recipe random = paper("officialCompat=true", "window.strategy=random");
        assertEquals(new Window(0, 4), random.windows().at(0));
        assertTrue(IntStream.range(1, 200)
                        .map(i -> random.windows().at(i).start())
                        .max()
                        .orElseThrow()
                == 19);
        // Rows 1 and 2: floor(22 * .4) = 8 points are 7 steps where the paper takes ceil(21 * .4) = 9.
        String[] flash = {"post.solver=dpmsolver++", "post.order=2", "post.ratio=0.4"};
        assertEquals(
                4 + 9, paper(flash).planner().plan(new Window(0, 4)).steps().size());
        String[] shipped = {"post.solver=dpmsolver++", "post.order=2", "post.ratio=0.4", "officialCompat=true"};
        assertEquals(
                4 + 7, paper(shipped).planner().plan(new Window(0, 4)).steps().size());
        // Row 5: DanceGRPO's log-prob has no normaliser, which is the law's offset.
        Plan dance = paper("rollout.kernel=dance").planner().plan(new Window(2, 4));
        Plan officialDance =
                paper("rollout.kernel=dance", "officialCompat=true").planner().plan(new Window(2, 4));
        assertTrue(dance.steps().get(2).logProb().offset() != 0);
        assertEquals(0, officialDance.steps().get(2).logProb().offset());
        // Rows 11, 13 and 14.
        assertEquals(AdvantageRule.Failure.ZERO, official.advantages().failure());
        assertEquals(AdvantageRule.Arithmetic.FLOAT32, official.advantages().arithmetic());
        assertEquals(AdvantageRule.Failure.MASKED, paper().advantages().failure());
    }

    @Test
    void officialWindowsHaveARangeOfTheirOwn() throws IOException {
        for (String key : List.of("window.first=2", "window.last=20")) {
            Recipe recipe = paper("officialCompat=true", key);
            var error = assertThrows(IllegalArgumentException.class, recipe::windows);
            assertTrue(error.getMessage().contains("officialCompat"), error.getMessage());
        }
    }

    @Test
    void whatThePublishedWindowsLackIsRefused() throws IOException {
        for (String key : List.of("window.end=stop", "window.end=bounce", "window.strategy=list window.starts=[0]")) {
            List<String> arguments = new ArrayList<>(List.of(key.split(" ")));
            arguments.add("officialCompat=true");
            Recipe recipe = paper(arguments.toArray(String[]::new));
            var error = assertThrows(IllegalArgumentException.class, recipe::windows, key);
            assertTrue(error.getMessage().contains("officialCompat"), error.getMessage());
            assertTrue(error.getMessage().contains(key.split("=")[0]), error.getMessage());
        }
        Recipe linear = paper("officialCompat=true", "window.strategy=linear-decay");
        assertEquals(new Window(1, 5), linear.windows().at(25));
        assertEquals(new Window(2, 6), linear.windows().at(25 + 23)); // int(25 (1 - 1/23) + 1/23) = 23 iterations at 1
    }

    /** DanceGRPO's kernel, order 3, random windows: every deviation but one shows in this recipe or in {@link #flow}. */
    private static Recipe dance(String deviations) throws IOException {
        return paper(
                "rollout.kernel=dance",
                "post.solver=dpmsolver++",
                "post.order=3",
                "post.ratio=0.4",
                "optimizer.minibatches=5",
                "officialCompat=" + deviations);
    }

    private static Recipe flow(String deviations) throws IOException {
        return paper(
                "post.solver=dpmsolver++", "post.order=2", "window.strategy=random", "officialCompat=" + deviations);
    }

    @Test
    void everyDeviationCanBeHadAlone() throws IOException {
        for (OfficialDeviation one : OfficialDeviation.values()) {
            String key = "[" + one.name().toLowerCase().replace('_', '-') + "]";
            Recipe dance = dance(key);
            Planner planner = dance.planner();
            assertShows(one, OfficialDeviation.POST_SCHEDULE, planner.post().count() == Post.Count.OFFICIAL_POINTS);
            assertShows(one, OfficialDeviation.MODEL_TIME, planner.modelTime() == ModelTime.OFFICIAL_FLOOR);
            assertShows(one, OfficialDeviation.DANCE_LOG_PROB, !planner.kernel().normalised());
            assertShows(
                    one, OfficialDeviation.SOLVERS, planner.post().solver().version() == DpmSolver.Version.AS_SHIPPED);
            assertShows(
                    one, OfficialDeviation.WINDOWS, dance.windows().at(20 * 25).size() == 3);
            AdvantageRule rule = dance.advantages();
            assertShows(one, OfficialDeviation.FLOAT32, rule.arithmetic() == AdvantageRule.Arithmetic.FLOAT32);
            assertShows(one, OfficialDeviation.FAILED_REWARD, rule.failure() == AdvantageRule.Failure.ZERO);
            assertShows(
                    one,
                    OfficialDeviation.LAST_MINIBATCH,
                    dance.optimizer().remainder() == OptimizerConfig.Remainder.DROPPED);
            Recipe flow = flow(key);
            assertShows(
                    one, OfficialDeviation.POST_HISTORY, flow.planner().post().history() == Post.History.CARRY);
            assertShows(one, OfficialDeviation.RANDOM_WINDOW, lastRandomStart(flow) == 19);
        }
        assertEquals(21, lastRandomStart(flow("[windows]")));
        // Together they are what the published code is.
        assertEquals(dance("false").planner().asShipped(), dance("true").planner());
        assertEquals(flow("false").planner().asShipped(), flow("true").planner());
    }

    private static void assertShows(OfficialDeviation given, OfficialDeviation deviation, boolean shows) {
        assertEquals(given == deviation, shows, deviation + " with " + given);
    }

    private static int lastRandomStart(Recipe recipe) {
        return IntStream.range(1, 500)
                .map(i -> recipe.windows().at(i).start())
                .max()
                .orElseThrow();
    }

    @Test
    void onlyTheWindowsThemselvesHaveAPublishedRange() throws IOException {
        assertEquals(
                new Window(2, 6),
                paper("officialCompat=[model-time, random-window]", "window.first=2")
                        .windows()
                        .at(0));
        WindowSchedule all = paper("officialCompat=true", "window.strategy=all", "window.last=23")
                .windows();
        assertEquals(new Window(0, 24), all.at(9));
    }

    @Test
    void solversAsShippedAreRefusedWhereTheyHaveNoValue() throws IOException {
        Recipe noise = paper("post.solver=dpmsolver", "post.order=2", "officialCompat=[solvers]");
        var error = assertThrows(IllegalArgumentException.class, noise::check);
        assertTrue(error.getMessage().contains("as shipped"), error.getMessage());
    }
}
