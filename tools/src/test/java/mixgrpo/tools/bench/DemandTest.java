package mixgrpo.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.window.Window;
import mixgrpo.tools.bench.Unit.Part;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.train.Recipe;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.metrics.PhaseClock.Spent;
import org.junit.jupiter.api.Test;

class DemandTest {

    /** 4 prompts of 12 images in 4 updates. */
    private static TrainConfig config(String preset, String... arguments) throws IOException {
        return Configuration.load(preset, List.of(), List.of(arguments)).config();
    }

    private static Demand demand(TrainConfig config, int windowStart, double rows, double backward) {
        Plan plan = new Recipe(config).planner().plan(new Window(windowStart, windowStart + 4));
        return Demand.of(config, plan, 0, new Demand.Passes(16, rows, backward, 0));
    }

    private static Map<Unit, Double> expected(Map<Unit, Double> particular) {
        Map<Unit, Double> all = new HashMap<>(particular);
        all.put(new Unit(Part.DECODE, 48), 1.);
        all.put(Unit.of(Part.REWARD), 1.);
        all.put(Unit.of(Part.UPDATE), 4.);
        all.put(Unit.of(Part.SYNC), 1.);
        return all;
    }

    @Test
    void networkCallsAreThoseOfTheWindowsPlan() throws IOException {
        // Shared steps are one batch of 4 rows, the others two of 24.
        assertEquals(
                expected(Map.of(
                        new Unit(Part.CALL, 4), 9., new Unit(Part.CALL, 24), 2. * 16, new Unit(Part.PASS, 10), 16.)),
                demand(config("mixgrpo"), 8, 160, 160).times());
        assertEquals(
                expected(Map.of(
                        new Unit(Part.CALL, 4), 9., new Unit(Part.CALL, 24), 2. * 9, new Unit(Part.PASS, 10), 16.)),
                demand(config("flash"), 8, 160, 160).times());
        assertEquals(
                expected(Map.of(
                        new Unit(Part.CALL, 4),
                        1.,
                        new Unit(Part.CALL, 20),
                        2. * 24,
                        new Unit(Part.CALL, 8),
                        24.,
                        new Unit(Part.PASS, 10),
                        16.)),
                demand(config("mixgrpo", "rollout.batch=20"), 0, 160, 160).times());
    }

    @Test
    void stepsOutsideTheWindowMayAskForTheCoarseEngine() throws IOException {
        assertEquals(
                expected(Map.of(
                        new Unit(Part.COARSE_CALL, 4),
                        8.,
                        new Unit(Part.CALL, 4),
                        1.,
                        new Unit(Part.CALL, 24),
                        2. * 3,
                        new Unit(Part.COARSE_CALL, 24),
                        2. * 13,
                        new Unit(Part.PASS, 10),
                        16.)),
                demand(config("mixgrpo", "rollout.odePrecision=int8"), 8, 160, 160)
                        .times());
    }

    @Test
    void passesWithoutGradientGoForwardOnly() throws IOException {
        Map<Unit, Double> times = demand(config("mixgrpo"), 8, 160, 120).times();
        assertEquals(12, times.get(new Unit(Part.PASS, 10)));
        assertEquals(4, times.get(new Unit(Part.FORWARD, 10)));
    }

    @Test
    void logProbsOfTheTrainerAreOnePassForEachOfItsGradients() throws IOException {
        assertEquals(16, replays(0, "loss.oldLogProb=recompute"));
        assertEquals(12, replays(1, "loss.oldLogProb=auto"), "not for the first of four updates");
        assertEquals(0, replays(0, "loss.oldLogProb=auto"));
        assertEquals(12 + 16, replays(1, "loss.oldLogProb=auto", "loss.reference=velocity"));
    }

    private static double replays(double recomputed, String... arguments) throws IOException {
        TrainConfig config = config("mixgrpo", arguments);
        Plan plan = new Recipe(config).planner().plan(new Window(8, 12));
        return Demand.of(config, plan, 0, new Demand.Passes(16, 160, 160, recomputed))
                .times()
                .getOrDefault(new Unit(Part.REPLAY, 10), 0.);
    }

    /** Of the published windows, the one behind the last. */
    @Test
    void anEmptyWindowIsSampledAndTeachesNothing() throws IOException {
        TrainConfig config =
                config("mixgrpo", "officialCompat=[windows]", "loss.oldLogProb=recompute", "loss.reference=velocity");
        Plan plan = new Recipe(config).planner().plan(new Window(23, 23));
        Map<Unit, Double> times =
                Demand.of(config, plan, 0, new Demand.Passes(0, 0, 0, 1)).times();
        assertEquals(25, times.get(new Unit(Part.CALL, 4)));
        assertEquals(
                List.of(),
                times.keySet().stream()
                        .filter(unit -> unit.part() == Part.REPLAY || unit.part() == Part.PASS)
                        .toList());
    }

    @Test
    void theCostIsTheSumOfAllParts() {
        Demand demand = new Demand(Map.of(Unit.of(Part.SYNC), 1., new Unit(Part.CALL, 4), 3.));
        assertEquals(
                new Spent(2 + 3 * .5, 1 + 3 * .25),
                demand.cost(Map.of(Unit.of(Part.SYNC), new Spent(2, 1), new Unit(Part.CALL, 4), new Spent(.5, .25))));
    }

    @Test
    void aProbeForgetsItsWarmUpAndGivesTheTimeOfOneRun() {
        int[] runs = new int[1];
        Probe probe = new Probe(() -> {
            runs[0]++;
            sleep(runs[0] <= 3 ? 400 : 100);
        });
        probe.sample();
        assertEquals(3, runs[0], "however slow, it is run three times to warm up");
        double seconds = probe.median().wallSeconds();
        assertEquals(.1, seconds, .09);
    }

    private static void sleep(int milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
