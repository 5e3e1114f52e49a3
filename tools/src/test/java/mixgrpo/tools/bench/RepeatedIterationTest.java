package mixgrpo.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import mixgrpo.solvers.plan.Planner;
import mixgrpo.solvers.window.WindowSchedule;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.train.Recipe;
import org.junit.jupiter.api.Test;

class RepeatedIterationTest {

    private static Recipe recipe(String preset, String... arguments) throws IOException {
        return new Recipe(
                Configuration.load(preset, List.of(), List.of(arguments)).config());
    }

    private static List<Integer> spread(Recipe recipe) {
        return RepeatedIteration.spread(recipe.windows(), recipe.config().iterations());
    }

    @Test
    void aWindowThatSlidesIsLookedAtEvenlyOverTheRun() throws IOException {
        for (String preset : List.of("mixgrpo", "flash", "flash-star", "dancegrpo")) {
            assertEquals(List.of(25, 75, 125, 175), spread(recipe(preset, "iterations=200")), preset);
        }
        assertEquals(List.of(0, 0, 0, 0), spread(recipe("mixgrpo", "iterations=1")));
    }

    /** Evenly over the run they would be as the draws have it: the mean is the run's to a tenth of a call, not to one. */
    @Test
    void randomWindowsAreLookedAtInTheOrderOfTheirPlaces() throws IOException {
        for (int seed = 1; seed <= 20; seed++) {
            Recipe recipe = recipe("flow-grpo-fast", "seed=" + seed);
            Planner planner = recipe.planner();
            WindowSchedule windows = recipe.windows();
            int images = recipe.config().rollout().images();
            double mean = 0;
            int before = 0;
            for (int number : spread(recipe)) {
                int start = windows.at(number).start();
                assertTrue(start >= before, "seed " + seed);
                before = start;
                mean += planner.plan(windows.at(number)).nfePerImage(images) / 4;
            }
            assertEquals(recipe.callsPerImage(), mean, .5, "seed " + seed);
        }
    }
}
