package mixgrpo.trainer.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import mixgrpo.models.Array;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Transition;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import org.junit.jupiter.api.Test;

class SyncTest {

    private static final Weights WEIGHTS =
            new ArrayWeights(Map.of("a", Array.of(new float[6], 2, 3), "b", Array.of(new float[1], 1)));
    private static final FluxInputs INPUTS = new FluxInputs(
            new FluxConfig(4, 4, 1, 1, 8, 2, 6, 5, true, List.of(2, 4, 2)), new LatentPacking(1, 4, 4), 2, 3.5);

    /** Gives these velocities whatever it is asked, or refuses weights. */
    private static final class Engine implements SamplingEngine {
        private final float[] velocity;
        private final boolean refuses;
        private final List<Weights> taken = new ArrayList<>();

        Engine(boolean refuses, float... velocity) {
            this.refuses = refuses;
            this.velocity = velocity;
        }

        @Override
        public void update(Weights weights) {
            if (refuses) {
                throw new IllegalArgumentException("key 'b' was lost");
            }
            taken.add(weights);
        }

        @Override
        public TransformerInputs inputs() {
            return INPUTS;
        }

        @Override
        public Array velocity(Map<String, Array> batch) {
            return Array.of(velocity, 1, velocity.length);
        }
    }

    private static Group group(List<Transition> transitions) {
        TextEmbedding text = new TextEmbedding(2, 2, new float[12], new float[5]);
        return new Group(0, 0, "a dog", text, transitions, List.of());
    }

    private static List<Transition> transitions() {
        float[][] latents = {new float[INPUTS.elements()]};
        return List.of(new Transition(
                Plan.ode(SigmaSchedule.shifted(2, 1), DpmSolver.FIRST_ORDER)
                        .steps()
                        .get(0),
                latents,
                latents,
                new double[1]));
    }

    private static Map<String, Array> policy(Map<String, Array> batch) {
        return Map.of(TransformerInputs.VELOCITY, Array.of(new float[] {3, 4}, 1, 2));
    }

    private static SyncStats sync(Sync sync, int iterationsDone, List<Group> groups) {
        return sync.update(iterationsDone, WEIGHTS, SyncTest::policy, groups);
    }

    @Test
    void weightsGoOutEverySoManyIterations() {
        Engine engine = new Engine(false);
        Sync sync = new Sync(engine, 3, 1e-3);
        for (int done = 1; done <= 7; done++) {
            assertEquals(done % 3 == 0 ? 28 : 0, sync(sync, done, List.of()).bytes(), "bytes after " + done);
        }
        assertEquals(2, engine.taken.size());
    }

    @Test
    void anEngineThatRefusesWeightsStopsTheRun() {
        Sync sync = new Sync(new Engine(true), 1, 1e-3);
        String message = assertThrows(IllegalStateException.class, () -> sync(sync, 5, List.of()))
                .getMessage();
        assertTrue(message.contains("weights of iteration 4") && message.contains("key 'b' was lost"), message);
    }

    @Test
    void parityIsTheDistanceAsAShareOfTheLength() {
        Sync sync = new Sync(new Engine(false, 3.0005f, 4), 1, 1e-3);
        OptionalDouble parity =
                sync(sync, 1, List.of(group(List.of()), group(transitions()))).parity();
        assertEquals(1e-4, parity.orElseThrow(), 1e-7);
        assertTrue(sync(sync, 1, List.of(group(List.of()))).parity().isEmpty());
    }

    @Test
    void anEngineThatComputesSomethingElseStopsTheRun() {
        for (float[] velocity : new float[][] {{3.01f, 4}, {Float.NaN, 4}}) {
            Sync sync = new Sync(new Engine(false, velocity), 1, 1e-3);
            String message = assertThrows(
                            IllegalStateException.class, () -> sync(sync, 1, List.of(group(transitions()))))
                    .getMessage();
            assertTrue(message.contains("expected at most 0.001"), message);
        }
    }
}
