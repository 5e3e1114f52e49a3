package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.goldens.TransformerCase;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.MergedWeights;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.OverlaidWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.OrtEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Unmerged adapters in the graph against peft's, and merged ones. */
class OnnxLoraGoldensTest {

    private static final String SCALED = "output_scale_";
    private static final String FUSED = "output_fused_";
    private static final List<OnnxOptions> FORMS =
            List.of(OnnxOptions.portable(), OnnxOptions.portable().withLayerNormOp(), OnnxOptions.ort());

    private GoldenTensors goldens;
    private Component transformer;
    private Network network;
    private Map<String, Array> inputs;
    private int batch;
    private Lora lora;

    @BeforeEach
    void open() throws IOException {
        goldens = new GoldenTensors("OnnxLora", "lora", "cases.safetensors");
        transformer = GoldenTensors.component("transformer");
        FluxConfig config = FluxConfig.of(transformer.config());
        network = FluxTransformer.of(config);
        inputs = TransformerCase.inputs(config, goldens.file());
        batch = (int) inputs.get("hidden_states").shape()[0];
        lora = GoldenTensors.lora("pytorch_lora_weights.safetensors");
    }

    @AfterEach
    void close() throws IOException {
        transformer.close();
        goldens.close();
    }

    private Map<String, Array> inputs(float... scales) {
        Map<String, Array> all = new LinkedHashMap<>(inputs);
        all.put(Lora.SCALE, Array.of(scales, scales.length));
        return all;
    }

    private Weights unmerged() {
        return new OverlaidWeights(transformer.weights(), lora.parameters(1));
    }

    private static OnnxOptions with(OnnxOptions form, Weights weights) {
        return form.withAdaptersOf(weights.shapes());
    }

    private float[] velocity(OnnxOptions form, float... scales) {
        return OnnxRunner.run(network, with(form, unmerged()), inputs(scales), unmerged())
                .get("velocity")
                .values();
    }

    private float[] all(double scale) {
        float[] scales = new float[batch];
        Arrays.fill(scales, (float) scale);
        return scales;
    }

    @Test
    void everyFormAgreesAtEveryScaleMergedOrNot() {
        for (OnnxOptions form : FORMS) {
            String way = "(%s%s".formatted(form.form(), form.layerNormOp() ? ", layer norm op" : "");
            for (String name : goldens.cases()) {
                if (name.startsWith(SCALED)) {
                    double scale = Double.parseDouble(name.substring(SCALED.length()));
                    goldens.compare(way + ")", name, velocity(form, all(scale)));
                } else if (name.startsWith(FUSED)) {
                    double scale = Double.parseDouble(name.substring(FUSED.length()));
                    Weights merged = MergedWeights.of(transformer.weights(), lora.times(scale), "golden adapter");
                    goldens.compare(
                            way + ", merged)",
                            name,
                            OnnxRunner.run(network, form, inputs, merged)
                                    .get("velocity")
                                    .values());
                    goldens.compare(way + ", unmerged)", name, velocity(form, all(scale)));
                }
            }
        }
        goldens.report();
    }

    /** The golden batch twice in one run: without the adapter first, with it behind. */
    @Test
    void everySampleHasItsOwnScale() {
        Map<String, Array> twice = new LinkedHashMap<>(inputs);
        for (Network.Input input : network.inputs()) {
            if (input.axes().get(0).equals("batch")) {
                twice.computeIfPresent(input.name(), (name, array) -> twice(array));
            }
        }
        float[] scales = new float[2 * batch];
        Arrays.fill(scales, batch, 2 * batch, 1);
        twice.put(Lora.SCALE, Array.of(scales, scales.length));
        float[] mixed = OnnxRunner.run(network, with(OnnxOptions.ort(), unmerged()), twice, unmerged())
                .get("velocity")
                .values();
        int half = mixed.length / 2;
        goldens.compare("(beside samples with it)", SCALED + "0", Arrays.copyOf(mixed, half));
        goldens.compare("(beside samples without it)", SCALED + "1", Arrays.copyOfRange(mixed, half, mixed.length));
        goldens.report();
    }

    private static Array twice(Array array) {
        int elements = array.values().length;
        float[] values = Arrays.copyOf(array.values(), 2 * elements);
        System.arraycopy(array.values(), 0, values, elements, elements);
        long[] shape = array.shape().clone();
        shape[0] *= 2;
        return new Array(shape, values);
    }

    @Test
    void fileHoldsAdaptersAsInitializersUnderTheirKeys() {
        OnnxModel model = OnnxExport.of(network, with(OnnxOptions.portable(), unmerged()));
        assertEquals(
                lora.parameters(1).shapes().keySet(), model.adapterParameters().keySet());
        assertEquals(
                transformer.weights().shapes().keySet(), model.fixedParameters().keySet());
        try (Engine embedded = new OrtEngine("test", model.withWeights(unmerged()))) {
            goldens.compare(
                    "(in one file)",
                    SCALED + "1",
                    embedded.infer(inputs(all(1))).get("velocity").values());
        }
        goldens.report();
    }

    @Test
    void engineTakesNewAdaptersAloneAndRefusesUnknownOnes() {
        Weights start = new OverlaidWeights(transformer.weights(), lora.times(0).parameters(1));
        OnnxModel model = OnnxExport.of(network, with(OnnxOptions.ort(), start));
        try (Engine engine = OnnxRunner.engine(model, start)) {
            goldens.compare("(adapters of 0)", SCALED + "0", velocity(engine));
            engine.update(lora.parameters(1));
            goldens.compare("(after the update)", SCALED + "1", velocity(engine));

            String layer = lora.modules().keySet().iterator().next();
            Map<String, Array> unknown = new LinkedHashMap<>(
                    lora.times(3).parameters(1) instanceof ArrayWeights arrays ? arrays.arrays() : Map.of());
            unknown.put("nowhere" + Lora.A, unknown.remove(layer + Lora.A));
            String message = assertThrows(
                            IllegalArgumentException.class, () -> engine.update(new ArrayWeights(unknown)))
                    .getMessage();
            assertTrue(message.contains("'nowhere" + Lora.A + "': the engine has no such weight"), message);
            goldens.compare("(after a refused update)", SCALED + "1", velocity(engine));

            Map<String, Array> one = Map.of(
                    "proj_out.bias",
                    new Array(
                            transformer.weights().shapes().get("proj_out.bias"),
                            transformer.weights().floats("proj_out.bias")));
            message = assertThrows(IllegalArgumentException.class, () -> engine.update(new ArrayWeights(one)))
                    .getMessage();
            assertTrue(message.contains("'proj_out.weight': expected shape"), message);

            engine.update(start);
            goldens.compare("(all weights again)", SCALED + "0", velocity(engine));
        }
        goldens.report();
    }

    private float[] velocity(Engine engine) {
        return engine.infer(inputs(all(1))).get("velocity").values();
    }

    @Test
    void layersThatAreNotThereAreAllNamed() {
        Map<String, long[]> shapes =
                Map.of("nowhere.to_q" + Lora.A, new long[] {2, 4}, "nowhere.to_k" + Lora.A, new long[] {2, 4});
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> OnnxExport.of(network, OnnxOptions.ort().withAdaptersOf(shapes)))
                .getMessage();
        assertTrue(message.contains("2 of 2 adapters"), message);
        assertTrue(message.contains("nowhere.to_q") && message.contains("nowhere.to_k"), message);
    }
}
