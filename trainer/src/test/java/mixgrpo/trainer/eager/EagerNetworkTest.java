package mixgrpo.trainer.eager;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Scope;
import mixgrpo.models.Stage;
import mixgrpo.models.Tensor;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.trainer.libtorch.TorchDevice;
import org.junit.jupiter.api.Test;

class EagerNetworkTest {

    private static final Map<String, Array> INPUTS = Map.of("x", Array.of(new float[] {1, 2, 3, 4}, 2, 2));
    private static final ArrayWeights WEIGHTS = new ArrayWeights(Map.of(
            "first.scale", Array.of(new float[] {2, 3}, 2),
            "first.proj.weight", Array.of(new float[] {1, 0, 0, 1}, 2, 2)));

    /** The parameter stands on the left, so that a result could end up with it; "same" is one value under two names. */
    private static Carry first(Scope scope, Carry in) {
        Tensor scaled = scope.param("scale", 2).times(in.get("x")).plus(1).silu();
        Tensor projected = scope.linearWithoutBias("proj", scaled, 2, 2);
        return in.without("x").with("y", projected).with("same", projected);
    }

    @Test
    void stagesLeaveOnlyWhatTheyCarryOn() {
        List<NDManager> managers = new ArrayList<>();
        List<Integer> live = new ArrayList<>();
        Network network = network((scope, in) -> {
            NDManager kept = EagerTensor.array(in.get("y")).getManager().getParentManager();
            managers.add(kept);
            live.add(kept.getManagedArrays().size());
            return in;
        });
        try (EagerNetwork eager = new EagerNetwork(network, WEIGHTS)) {
            eager.run(INPUTS);
            NDManager all = managers.get(0).getParentManager();
            assertEquals(List.of(4), live, "the input, two parameters, the carried value lent to the stage");
            assertEquals(List.of(), all.getManagedArrays(), "a finished pass leaves nothing");
        }
    }

    @Test
    void heldWeightsAreReadOnceAndHaveNoGradients() {
        List<String> read = new ArrayList<>();
        Weights counted = new Weights() {
            @Override
            public Map<String, long[]> shapes() {
                return WEIGHTS.shapes();
            }

            @Override
            public void read(String key, FloatBuffer target) {
                read.add(key);
                WEIGHTS.read(key, target);
            }
        };
        Network network = network((scope, in) -> in);
        try (EagerNetwork again = new EagerNetwork(network, WEIGHTS);
                EagerNetwork holding = EagerNetwork.holding(network, counted, TorchDevice.CPU)) {
            float[] expected = again.run(INPUTS).get("y").values();
            for (int pass = 0; pass < 3; pass++) {
                assertArrayEquals(expected, holding.run(INPUTS).get("y").values());
            }
            assertEquals(List.of("first.scale", "first.proj.weight"), read);
            fails(
                    IllegalStateException.class,
                    "holds its weights",
                    () -> holding.gradients(INPUTS, Map.of("y", Array.of(new float[4], 2, 2))));
        }
    }

    @Test
    void gradientsOfUnusedParametersAndInputsAreZero() {
        Network network = network((scope, in) -> in.with("y", in.get("y").times(0)));
        try (EagerNetwork eager = new EagerNetwork(network, WEIGHTS)) {
            EagerNetwork.Gradients gradients =
                    eager.gradients(INPUTS, Map.of("y", Array.of(new float[] {1, 1, 1, 1}, 2, 2)));
            assertEquals(
                    List.of("first.scale", "first.proj.weight"),
                    List.copyOf(gradients.parameters().keySet()));
            assertArrayEquals(
                    new float[2], gradients.parameters().get("first.scale").values());
            assertArrayEquals(new float[4], gradients.inputs().get("x").values());
        }
    }

    @Test
    void callersMistakesSayWhatWasExpected() {
        Network network = network((scope, in) -> in);
        try (EagerNetwork eager = new EagerNetwork(network, WEIGHTS)) {
            fails(IllegalArgumentException.class, "needs input 'x' [batch, 2]", () -> eager.run(Map.of()));
            fails(
                    IllegalArgumentException.class,
                    "direction of output 'y': expected shape (2, 2), got (2)",
                    () -> eager.gradients(INPUTS, Map.of("y", Array.of(new float[2], 2))));
        }
        ArrayWeights misshapen = new ArrayWeights(Map.of("first.scale", Array.of(new float[3], 3)));
        try (EagerNetwork eager = new EagerNetwork(network, misshapen)) {
            fails(
                    IllegalStateException.class,
                    "parameter 'first.scale': expected shape [2], got (3)",
                    () -> eager.run(INPUTS));
        }
        try (EagerNetwork eager = new EagerNetwork(network, new ArrayWeights(Map.of()))) {
            fails(IllegalStateException.class, "needs parameter 'first.scale'", () -> eager.run(INPUTS));
        }
    }

    private static void fails(Class<? extends RuntimeException> type, String part, Runnable mistake) {
        RuntimeException error = assertThrows(type, mistake::run);
        assertTrue(error.getMessage().contains(part), error.getMessage());
    }

    private static Network network(Stage last) {
        return new Network(
                "test",
                List.of(Network.Input.floats("x", "batch", "2")),
                List.of(new NamedStage("first", EagerNetworkTest::first), new NamedStage("last", last)),
                List.of("y"));
    }
}
