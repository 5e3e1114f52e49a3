package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mixgrpo.models.Array;
import mixgrpo.models.dit.Sinusoid;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.flux.RotaryTables;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Component;
import org.junit.jupiter.api.Test;

class PrecisionTest {

    /** Half precision rounds to 2^-11, some tens of times one after the other. */
    private static final double FP16 = 5e-3;

    /** As the exporter's README has it for the built-in model. */
    private static final double INT8 = 0.03;

    private static final Set<String> FLOAT_ONLY = Set.of(
            "Softmax",
            "LayerNormalization",
            "InstanceNormalization",
            "ReduceMean",
            "Sqrt",
            "Sin",
            "Cos",
            "Tanh",
            "Sigmoid");

    @Test
    void halfPrecisionOfEveryNetworkIsCloseToFloat32() throws IOException {
        ExportedCase.forEach(golden -> {
            for (Form form : Form.values()) {
                OnnxOptions options = OnnxOptions.of(form);
                Map<String, Array> exact = golden.run(options);
                Map<String, Array> half = golden.run(options.withPrecision(Precision.FP16));
                exact.forEach((name, expected) -> {
                    double error = ExportedCase.error(expected, half.get(name));
                    System.out.printf("fp16 %s (%s) %s: relative error %.1e%n", golden.name(), form, name, error);
                    assertTrue(error > 0 && error <= FP16, golden.name() + " " + name + ": " + error);
                });
            }
        });
    }

    @Test
    void lowPrecisionOfTheBuiltInModelIsCloseToFloat32() throws IOException {
        try (Component transformer = Component.open(Path.of("..", "models", "scenes", "transformer"))) {
            FluxConfig config = FluxConfig.of(transformer.config());
            Map<String, Array> inputs = inputs(config);
            for (Form form : Form.values()) {
                Array exact = run(config, transformer, OnnxOptions.of(form), inputs);
                for (Precision precision : List.of(Precision.FP16, Precision.INT8)) {
                    OnnxOptions options = OnnxOptions.of(form).withPrecision(precision);
                    double error = ExportedCase.error(exact, run(config, transformer, options, inputs));
                    System.out.printf("%s scenes (%s): relative error %.1e%n", precision, form, error);
                    assertTrue(
                            error > 0 && error <= (precision == Precision.FP16 ? FP16 : INT8),
                            precision + " " + form + ": " + error);
                }
            }
        }
    }

    private static Array run(FluxConfig config, Component transformer, OnnxOptions options, Map<String, Array> inputs) {
        OnnxModel model = OnnxExport.of(FluxTransformer.of(config), options);
        return OnnxRunner.run(model.withWeights(transformer.weights()), inputs).get("velocity");
    }

    private static Map<String, Array> inputs(FluxConfig config) {
        int side = 8;
        int text = 16;
        Map<String, Array> inputs = new LinkedHashMap<>();
        inputs.put("hidden_states", RandomWeights.input(1, 2, side * side, config.inChannels()));
        inputs.put("encoder_hidden_states", RandomWeights.input(2, 2, text, config.jointAttentionDim()));
        inputs.put("pooled_projections", RandomWeights.input(3, 2, config.pooledProjectionDim()));
        inputs.put("timestep_proj", Array.of(Sinusoid.ofThousandths(0.9f, 0.3f), 2, Sinusoid.CHANNELS));
        if (config.guidanceEmbeds()) {
            inputs.put("guidance_proj", Array.of(Sinusoid.ofThousandths(3.5f, 3.5f), 2, Sinusoid.CHANNELS));
        }
        RotaryTables tables = RotaryTables.of(config.axesDimsRope(), text, side, side);
        inputs.put("rotary_cos", Array.of(tables.cos(), text + side * side, config.attentionHeadDim()));
        inputs.put("rotary_sin", Array.of(tables.sin(), text + side * side, config.attentionHeadDim()));
        return inputs;
    }

    @Test
    void productsAreLowAndEverythingElseIsFloat32() throws IOException {
        ExportedCase.forEach(golden -> {
            for (Precision precision : List.of(Precision.FP16, Precision.BF16)) {
                for (Form form : Form.values()) {
                    OnnxOptions options = OnnxOptions.of(form).withPrecision(precision);
                    OnnxModel model = OnnxExport.of(golden.network(), options, golden.signature());
                    assertTypes(golden.name(), precision, model);
                    if (form == Form.PORTABLE) {
                        Checker.check(model.withWeights(golden.weights()));
                        assertEquals(precision == Precision.BF16 ? 22 : 18, model.opset());
                    }
                }
            }
        });
    }

    private static void assertTypes(String name, Precision precision, OnnxModel model) {
        Map<String, ElementType> types = new HashMap<>(model.types());
        model.inputs().forEach(input -> types.put(input.name(), input.type()));
        model.nodes().forEach(node -> node.outputs().forEach(output -> types.put(output.name(), output.type())));
        int low = 0;
        for (OnnxGraph.Node node : model.nodes()) {
            ElementType type = node.outputs().get(0).type();
            boolean product = Set.of("MatMul", "Conv").contains(node.op());
            if (product && type == precision.type()) {
                low++;
                node.inputs().forEach(input -> assertEquals(precision.type(), types.get(input), node.toString()));
            } else if (product) {
                assertTrue(
                        node.name().matches("time_text_embed\\..*|.*\\.wo/MatMul.*|text_model/MatMul|/MatMul"),
                        name + ": " + node);
            }
            if (FLOAT_ONLY.contains(node.op())) {
                assertEquals(ElementType.FLOAT, types.get(node.inputs().get(0)), name + ": " + node);
            }
        }
        assertTrue(low > 10, name + ": " + low);
        model.inputs().forEach(input -> assertTrue(input.ids() || input.type() == ElementType.FLOAT, input.toString()));
        model.outputs().forEach(output -> assertEquals(ElementType.FLOAT, output.type(), output.toString()));
        assertFalse(model.types().values().stream().allMatch(type -> type == ElementType.FLOAT), name);
    }

    @Test
    void aWeightThatHalfPrecisionDoesNotHoldIsRefusedByName() {
        FluxConfig config = new FluxConfig(16, 16, 1, 0, 16, 2, 24, 20, false, List.of(4, 6, 6));
        OnnxModel model =
                OnnxExport.of(FluxTransformer.of(config), OnnxOptions.portable().withPrecision(Precision.FP16));
        Map<String, Array> arrays = new LinkedHashMap<>();
        RandomWeights.of(model.parameters(), 1)
                .values()
                .forEach((key, values) ->
                        arrays.put(key, new Array(model.parameters().get(key), values)));
        arrays.get("x_embedder.weight").values()[5] = 7e4f;
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> model.withWeights(new ArrayWeights(arrays)));
        assertTrue(e.getMessage().contains("x_embedder.weight"), e.getMessage());
    }
}
