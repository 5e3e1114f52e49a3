package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Scope;
import mixgrpo.models.Stage;
import mixgrpo.models.Tensor;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.flux.RotaryTables;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.models.sd3.Sd3Transformer;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.OrtEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxExportTest {

    private static final int DIM = 8;
    private static final int HEADS = 2;

    /** One transformer block over {@code [batch, tokens, 8]}, with a tap behind its attention. */
    private record Block() implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor x = in.get("x");
            Tensor normal = x.layerNorm(1e-6);
            Tensor query = heads(scope.linear("to_q", normal, DIM, DIM)).rmsNorm(scope.param("norm_q.weight", 4), 1e-6);
            Tensor key = heads(scope.linear("to_k", normal, DIM, DIM));
            Tensor value = heads(scope.linearWithoutBias("to_v", normal, DIM, DIM));
            Tensor cos = in.get("cos");
            Tensor sin = in.get("sin");
            Tensor mixed = query.rotary(cos, sin)
                    .attention(key.rotary(cos, sin), value, 0.5)
                    .permute(0, 2, 1, 3)
                    .reshape(0, 0, DIM);
            x = x.plus(scope.tap("attn", scope.linear("to_out", mixed, DIM, DIM)));
            Tensor hidden = scope.linear("ff.0", x, DIM, 4 * DIM).geluTanh();
            return in.with("x", x.plus(scope.linear("ff.2", hidden, 4 * DIM, DIM)));
        }

        private static Tensor heads(Tensor x) {
            return x.reshape(0, 0, HEADS, -1).permute(0, 2, 1, 3);
        }
    }

    private static final Network NETWORK = new Network(
            "test",
            List.of(
                    Network.Input.floats("x", "batch", "tokens", "" + DIM),
                    Network.Input.floats("cos", "tokens", "4"),
                    Network.Input.floats("sin", "tokens", "4")),
            List.of(new NamedStage("blocks.0", new Block()), new NamedStage("blocks.1", new Block())),
            List.of("x"));

    private static final RotaryTables TABLES = RotaryTables.of(List.of(4), new double[][] {{0}, {1}, {2}, {3}, {4}});

    private static final Map<String, Array> INPUTS = Map.of(
            "x", RandomWeights.input(1, 3, 5, DIM),
            "cos", Array.of(TABLES.cos(), 5, 4),
            "sin", Array.of(TABLES.sin(), 5, 4));

    private static final Sd3Config SD3 = new Sd3Config(4, 2, 4, 4, 2, 8, 2, 6, 5, 3, List.of(0), true);

    private static Map<String, Array> infer(OnnxModel model) {
        try (Engine engine = OnnxRunner.engine(model, weights(model))) {
            return engine.infer(INPUTS);
        }
    }

    private static RandomWeights weights(OnnxModel model) {
        return RandomWeights.of(model.parameters(), 4);
    }

    @Test
    void theOfficialCheckerAcceptsThePortableForm() {
        for (OnnxOptions options : List.of(
                OnnxOptions.portable(),
                OnnxOptions.portable().withTaps(),
                OnnxOptions.portable().withLayerNormOp())) {
            OnnxModel model = OnnxExport.of(NETWORK, options);
            Checker.check(model.withWeights(weights(model)));
        }
    }

    @Test
    void theOfficialCheckerAcceptsTransformersAndAutoencoders() {
        FluxConfig flux = new FluxConfig(16, 16, 1, 1, 16, 2, 24, 20, true, List.of(4, 6, 6));
        VaeConfig vae = new VaeConfig(3, 3, 4, List.of(8, 16, 16), 1, 4, true, true, true, 1, 0);
        for (Network network : List.of(
                FluxTransformer.of(flux),
                Sd3Transformer.of(SD3),
                AutoencoderKl.encoder(vae),
                AutoencoderKl.decoder(vae))) {
            OnnxModel model = OnnxExport.of(network, OnnxOptions.portable());
            Checker.check(model.withWeights(weights(model)));
        }
    }

    @Test
    void theCheckerRefusesWhatItDoesNotKnow() {
        byte[] model = OnnxExport.of(NETWORK, OnnxOptions.ort()).skeleton();
        assertThrows(RuntimeException.class, () -> Checker.check(model), "operator set 23 is newer than the checker");
    }

    @Test
    void outputsHaveTheInputsSymbols() {
        VaeConfig vae = new VaeConfig(3, 3, 4, List.of(8, 16, 16), 1, 4, true, false, false, 1, 0);
        assertEquals(
                List.of(new OnnxValue("image", ElementType.FLOAT, List.of("batch", "3", "4*height", "4*width"))),
                OnnxExport.of(AutoencoderKl.decoder(vae), OnnxOptions.portable())
                        .outputs());
        assertEquals(
                List.of(new OnnxValue("velocity", ElementType.FLOAT, List.of("batch", "image_tokens", "16"))),
                OnnxExport.of(Sd3Transformer.of(SD3), OnnxOptions.ort()).outputs());
    }

    @Test
    void metadataStandsInTheFile() throws OrtException {
        OnnxModel model = OnnxExport.of(NETWORK, OnnxOptions.portable().withMetadata(Map.of("source", "a folder")));
        infer(model); // starts ONNX Runtime's environment
        try (OrtSession session = OrtEnvironment.getEnvironment().createSession(model.withWeights(weights(model)))) {
            assertEquals(Map.of("source", "a folder"), session.getMetadata().getCustomMetadata());
        }
    }

    @Test
    void allFormsComputeTheSame() {
        OnnxModel portable = OnnxExport.of(NETWORK, OnnxOptions.portable());
        float[] expected = infer(portable).get("x_out").values();
        for (OnnxOptions options :
                List.of(OnnxOptions.ort(), OnnxOptions.portable().withLayerNormOp())) {
            OnnxModel model = OnnxExport.of(NETWORK, options);
            // float32 sums in another order
            assertArrayEquals(expected, infer(model).get("x_out").values(), 1e-5f, options.toString());
        }
    }

    @Test
    void weightsInTheFileBesideItAndFromOutsideAreTheSame(@TempDir Path dir) throws Exception {
        OnnxModel model = OnnxExport.of(NETWORK, OnnxOptions.portable());
        float[] expected = infer(model).get("x_out").values();
        try (Engine embedded = new OrtEngine("test", model.withWeights(weights(model)))) {
            assertArrayEquals(expected, embedded.infer(INPUTS).get("x_out").values());
        }
        // The engine above has started ONNX Runtime's environment; engines do not load from files.
        try (OrtSession beside = OrtEnvironment.getEnvironment()
                        .createSession(model.write(dir, weights(model), WeightsPlacement.EXTERNAL)
                                .file()
                                .toString());
                OnnxTensor x = tensor("x");
                OnnxTensor cos = tensor("cos");
                OnnxTensor sin = tensor("sin");
                OrtSession.Result result = beside.run(Map.of("x", x, "cos", cos, "sin", sin))) {
            float[] values = new float[expected.length];
            ((OnnxTensor) result.get(0)).getFloatBuffer().get(values);
            assertArrayEquals(expected, values);
        }
    }

    private static OnnxTensor tensor(String input) throws OrtException {
        Array array = INPUTS.get(input);
        return OnnxTensor.createTensor(
                OrtEnvironment.getEnvironment(), FloatBuffer.wrap(array.values()), array.shape());
    }

    @Test
    void writingAgainLeavesOneModelAndOneDataFile(@TempDir Path dir) throws IOException {
        OnnxModel model = OnnxExport.of(NETWORK, OnnxOptions.portable());
        model.write(dir, weights(model), WeightsPlacement.EXTERNAL);
        model.write(dir, RandomWeights.of(model.parameters(), 5), WeightsPlacement.EXTERNAL);
        try (var files = Files.list(dir)) {
            List<String> names =
                    files.map(file -> file.getFileName().toString()).sorted().toList();
            assertEquals(2, names.size(), names.toString());
            assertTrue(names.get(0).matches("model\\.[0-9a-f]{16}\\.data"), names.toString());
            assertEquals("model.onnx", names.get(1));
        }
    }

    @Test
    void allWeightsThatDoNotFitAreNamed() {
        OnnxModel model = OnnxExport.of(NETWORK, OnnxOptions.portable());
        Map<String, long[]> shapes = new LinkedHashMap<>(model.parameters());
        shapes.remove("blocks.0.to_q.bias");
        shapes.put("blocks.1.ff.2.weight", new long[] {4, 4});
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> model.withWeights(RandomWeights.of(shapes, 1)));
        assertTrue(e.getMessage().contains("'blocks.0.to_q.bias' [8] is missing"), e.getMessage());
        assertTrue(
                e.getMessage().contains("'blocks.1.ff.2.weight': expected shape [8, 32], got [4, 4]"), e.getMessage());
    }

    @Test
    void parametersAreCalledByTheirKeysInOrder() {
        List<String> keys = List.copyOf(
                OnnxExport.of(NETWORK, OnnxOptions.portable()).parameters().keySet());
        assertEquals(
                List.of(
                        "blocks.0.to_q.weight",
                        "blocks.0.to_q.bias",
                        "blocks.0.norm_q.weight",
                        "blocks.0.to_k.weight",
                        "blocks.0.to_k.bias",
                        "blocks.0.to_v.weight",
                        "blocks.0.to_out.weight"),
                keys.subList(0, 7));
    }

    @Test
    void tapsAreFurtherOutputs() {
        OnnxModel model = OnnxExport.of(NETWORK, OnnxOptions.portable().withTaps());
        List<String> axes = List.of("batch", "tokens", "8");
        assertEquals(
                List.of(
                        new OnnxValue("x_out", ElementType.FLOAT, axes),
                        new OnnxValue("blocks.0.attn", ElementType.FLOAT, axes),
                        new OnnxValue("blocks.1.attn", ElementType.FLOAT, axes)),
                model.outputs());
        assertEquals(
                List.of(3L, 5L, 8L),
                Arrays.stream(infer(model).get("blocks.1.attn").shape()).boxed().toList());
    }

    @Test
    void aContradictionNamesTheStage() {
        Network broken = new Network(
                "broken",
                List.of(Network.Input.floats("x", "batch", "6")),
                List.of(new NamedStage("stem", (scope, in) -> in.with("x", scope.linear("proj", in.get("x"), 4, 4)))),
                List.of("x"));
        IllegalStateException e =
                assertThrows(IllegalStateException.class, () -> OnnxExport.of(broken, OnnxOptions.portable()));
        assertTrue(e.getMessage().startsWith("stage 'stem' of network 'broken':"), e.getMessage());
    }
}
