package mixgrpo.exporter.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import mixgrpo.exporter.onnx.OnnxExport;
import mixgrpo.exporter.onnx.OnnxModel;
import mixgrpo.exporter.onnx.OnnxOptions;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.engine.OrtEngine;
import mixgrpo.runtime.engine.Port;
import org.junit.jupiter.api.Test;

class VerificationTest {

    private static final int WIDTH = 6;

    /** Two linear layers with a bias each; the first stage's result is tapped. */
    private static final Network NETWORK = new Network(
            "two layers",
            List.of(Network.Input.floats("x", "batch", "" + WIDTH)),
            List.of(
                    new NamedStage(
                            "first",
                            (scope, in) -> in.with(
                                    "x",
                                    scope.tap(
                                            "",
                                            scope.linear("layer", in.get("x"), WIDTH, WIDTH)
                                                    .silu()))),
                    new NamedStage("second", (scope, in) -> in.without("x")
                            .with("y", scope.linear("layer", in.get("x"), WIDTH, WIDTH)))),
            List.of("y"));

    /** Normal values by key. */
    private record NormalWeights(Map<String, long[]> shapes, long seed) implements Weights {
        @Override
        public void read(String key, FloatBuffer target) {
            target.put(normal(seed + key.hashCode(), shapes.get(key)).values());
        }
    }

    private static final Weights WEIGHTS = new NormalWeights(Inventory.parameters(NETWORK), 1);
    private static final Subject SUBJECT =
            new Subject("layers", NETWORK, WEIGHTS, Map.of("x", normal(2, new long[] {3, WIDTH})));

    private static Array normal(long seed, long[] shape) {
        Random random = new Random(seed);
        float[] values = new float[Math.toIntExact(Array.elements(shape))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new Array(shape, values);
    }

    private static Engine load(String name, Network network, Weights weights, boolean taps) {
        OnnxOptions options = taps ? OnnxOptions.ort().withTaps() : OnnxOptions.ort();
        OnnxModel model = OnnxExport.of(network, options);
        return new OrtEngine(name, model.skeleton(), model.fixedParameters(), weights);
    }

    /** The portable form, which is another graph. */
    private static Map<String, Array> reference(Network network, Weights weights, Map<String, Array> inputs) {
        OnnxModel model = OnnxExport.of(network, OnnxOptions.portable().withTaps());
        try (Engine engine = new OrtEngine("reference", model.skeleton(), model.fixedParameters(), weights)) {
            return engine.infer(inputs);
        }
    }

    private static Verdict verify(Candidate candidate) {
        return new Verification(candidate, VerificationTest::reference, Tolerance.of("fp32"), true, 3).of(SUBJECT);
    }

    @Test
    void soundEnginePassesBeforeAndAfterASync() {
        Verdict verdict = verify(VerificationTest::load);
        assertTrue(verdict.passed(), () -> String.join("\n", verdict.problems()));
        assertEquals(2, verdict.trials().size());
        for (Trial trial : verdict.trials()) {
            assertEquals(
                    List.of("y"), trial.outputs().stream().map(Compared::name).toList());
            assertEquals(
                    List.of("first"),
                    trial.stages().stream().map(Compared::name).toList());
        }
        assertTrue(verdict.trials().get(1).outputs().get(0).change() > .01);
    }

    /** Made with a wrong value in one array. */
    @Test
    void engineWithOneWrongWeightFails() {
        Verdict verdict = verify((name, network, weights, taps) -> load(name, network, wrong(weights, "first"), taps));
        assertFalse(verdict.trials().get(0).passed());
        assertTrue(verdict.problems().get(0).contains("'y'"), verdict.problems().get(0));
        assertTrue(verdict.problems().stream().anyMatch(problem -> problem.contains("'first'")));
        assertTrue(verdict.trials().get(1).passed(), "the sync brings the right weights");
    }

    /** An error that begins in the second stage leaves the first one right. */
    @Test
    void stagesTellWhereAnErrorBegins() {
        Verdict verdict = verify((name, network, weights, taps) -> load(name, network, wrong(weights, "second"), taps));
        Trial made = verdict.trials().get(0);
        assertTrue(made.stages().get(0).passed());
        assertFalse(made.outputs().get(0).passed());
    }

    /** As TensorRT is said to lose a bias when it is refitted. */
    @Test
    void engineThatKeepsOneBiasAtASyncFails() {
        Verdict verdict = verify((name, network, weights, taps) ->
                new Syncing(load(name, network, weights, taps), given -> without(given, "second.layer.bias", weights)));
        assertTrue(verdict.trials().get(0).passed());
        assertFalse(verdict.trials().get(1).passed());
    }

    @Test
    void engineThatIgnoresASyncFails() {
        Verdict verdict = verify(
                (name, network, weights, taps) -> new Syncing(load(name, network, weights, taps), given -> weights));
        assertTrue(verdict.problems().stream().anyMatch(problem -> problem.contains("none of the new weights")));
    }

    @Test
    void valuesThatAreNoNumbersFail() {
        Difference difference = Difference.of(
                Array.of(new float[] {1, 2, 3, 4}, 2, 2), Array.of(new float[] {1, 2, Float.NaN, 4}, 2, 2));
        assertFalse(Tolerance.of("int8").admits(difference));
        assertEquals(1, difference.worst()[0]);
        assertEquals(0, difference.worst()[1]);
    }

    @Test
    void differenceTellsErrorsAngleAndPlace() {
        Difference difference =
                Difference.of(Array.of(new float[] {3, 0, 4, 0}, 2, 2), Array.of(new float[] {3, 0, 4, 1}, 2, 2));
        assertEquals(1, difference.maxAbsolute());
        assertEquals(.25, difference.meanAbsolute());
        assertEquals(.25, difference.largestShare());
        assertEquals(.2, difference.norm(), 1e-12);
        assertEquals(25 / (5 * Math.sqrt(26)), difference.cosine(), 1e-12);
        assertEquals(1 / (1e-3 * 2.5), difference.maxRelative(), 1e-9);
        assertEquals(List.of(1L, 1L), List.of(difference.worst()[0], difference.worst()[1]));
        Difference none = Difference.of(Array.of(new float[2], 2), Array.of(new float[2], 2));
        assertEquals(0, none.norm());
        assertEquals(1, none.cosine());
    }

    /** These weights with 0.01 added to the first value of a stage's matrix. */
    private static Weights wrong(Weights weights, String stage) {
        return replaced(weights, stage + ".layer.weight", values -> values[0] += .01f);
    }

    private static Weights without(Weights given, String key, Weights old) {
        float[] kept = old.floats(key);
        return replaced(given, key, values -> System.arraycopy(kept, 0, values, 0, kept.length));
    }

    private static Weights replaced(Weights weights, String changed, Consumer<float[]> change) {
        return new Weights() {
            @Override
            public Map<String, long[]> shapes() {
                return weights.shapes();
            }

            @Override
            public void read(String key, FloatBuffer target) {
                float[] values = weights.floats(key);
                if (key.equals(changed)) {
                    change.accept(values);
                }
                target.put(values);
            }
        };
    }

    /** An engine that takes at a sync what {@code given} makes of the weights. */
    private record Syncing(Engine engine, UnaryOperator<Weights> given) implements Engine {
        @Override
        public List<Port> inputs() {
            return engine.inputs();
        }

        @Override
        public List<Port> outputs() {
            return engine.outputs();
        }

        @Override
        public EngineRun bind(Map<String, long[]> shapes) {
            return engine.bind(shapes);
        }

        @Override
        public void update(Weights weights) {
            engine.update(given.apply(weights));
        }

        @Override
        public void close() {
            engine.close();
        }
    }
}
