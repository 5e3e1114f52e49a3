package mixgrpo.tools.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import mixgrpo.exporter.onnx.OnnxExport;
import mixgrpo.exporter.onnx.OnnxFile;
import mixgrpo.exporter.onnx.OnnxModel;
import mixgrpo.exporter.onnx.OnnxOptions;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.weights.Dtype;
import mixgrpo.runtime.tensorrt.PlanGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a plan is told of its weights: a refit sends them by these names and in these types. */
class TensorRtPlansTest {

    private static final Network NETWORK =
            FluxTransformer.of(new FluxConfig(4, 4, 1, 1, 16, 2, 384, 384, false, List.of(4, 6, 6)));
    private static final String LAYER = "transformer_blocks.0.attn.to_q";

    @TempDir
    private Path folder;

    private static OnnxModel model(OnnxOptions options, Precision precision) {
        Map<String, long[]> shapes = new LinkedHashMap<>(Inventory.parameters(NETWORK));
        shapes.put(LAYER + Lora.A, new long[] {2, 32});
        shapes.put(LAYER + Lora.B, new long[] {32, 2});
        return OnnxExport.of(NETWORK, options.withPrecision(precision).withAdaptersOf(shapes));
    }

    @Test
    void weightsAreSentByTheirKeysInTheGraphsTypes() throws IOException {
        Map<Precision, Dtype> types =
                Map.of(Precision.FP32, Dtype.F32, Precision.FP16, Dtype.F16, Precision.BF16, Dtype.BF16);
        for (Map.Entry<Precision, Dtype> type : types.entrySet()) {
            OnnxModel model = model(EngineKind.TENSORRT.options(), type.getKey());
            PlanGraph graph = TensorRtPlans.graph("policy", model);
            assertEquals(Inventory.parameters(NETWORK).keySet(), graph.fixed().keySet());
            assertEquals(type.getValue(), graph.fixed().get(LAYER + ".weight").dtype());
            assertEquals(type.getValue(), graph.fixed().get(LAYER + ".bias").dtype());
            assertEquals(
                    Dtype.F32,
                    graph.fixed().get("transformer_blocks.0.attn.norm_q.weight").dtype());
            assertEquals(
                    Dtype.F32,
                    graph.fixed()
                            .get("time_text_embed.timestep_embedder.linear_1.weight")
                            .dtype());
            assertEquals(Set.of(LAYER + Lora.A, LAYER + Lora.B), graph.fed().keySet());

            // The file that the plan is built of says the same.
            OnnxFile file = OnnxFile.read(Files.write(folder.resolve(type.getKey() + ".onnx"), graph.onnx()));
            Map<String, Dtype> written = file.initializers().stream()
                    .filter(initializer -> graph.fixed().containsKey(initializer.name()))
                    .collect(Collectors.toMap(
                            OnnxFile.Initializer::name,
                            initializer -> initializer.type().dtype()));
            Map<String, Dtype> told = new LinkedHashMap<>();
            graph.fixed().forEach((key, stored) -> told.put(key, stored.dtype()));
            assertEquals(told, written);
            Set<String> float32 = file.inputs().stream()
                    .filter(port -> port.type().equals("float"))
                    .map(OnnxFile.Port::name)
                    .collect(Collectors.toCollection(LinkedHashSet::new));
            assertTrue(float32.containsAll(graph.fed().keySet()), "adapters are fed in float32: " + file.inputs());
        }
    }

    @Test
    void graphsThatTheParserDoesNotKnowAreRefused() {
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class,
                () -> TensorRtPlans.graph("policy", model(OnnxOptions.portable(), Precision.INT8)));
        assertTrue(
                refused.getMessage().contains("tensorrt takes the portable form in fp32, fp16 or bf16"),
                refused.getMessage());
    }
}
