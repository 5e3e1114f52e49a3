package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.LoraCase;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.LoraFile;
import mixgrpo.models.weights.ArrayWeights;
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

    private final GoldenReport report = new GoldenReport("OnnxLora");
    private LoraCase golden;
    private Map<String, Double> tolerances;
    private Lora lora;

    @BeforeEach
    void open() throws IOException {
        golden = LoraCase.open();
        tolerances = GoldenReport.tolerances(golden.values().path());
        lora = LoraFile.read(LoraCase.folder().resolve(LoraCase.REFERENCE)).lora();
    }

    @AfterEach
    void close() {
        golden.close();
    }

    private Weights base() {
        return golden.component().weights();
    }

    private void compare(String way, String name, Array velocity) {
        report.compare(
                "(%s) %s".formatted(way, name),
                new Array(golden.values().shapes().get(name), golden.values().floats(name)),
                velocity,
                tolerances.get(name));
    }

    private Map<String, Array> inputs(float... scales) {
        Map<String, Array> all = new LinkedHashMap<>(golden.inputs());
        all.put(Lora.SCALE, Array.of(scales, scales.length));
        return all;
    }

    private Weights unmerged() {
        return new OverlaidWeights(base(), lora.parameters(1));
    }

    private static OnnxOptions with(OnnxOptions form, Weights weights) {
        return form.withAdaptersOf(weights.shapes());
    }

    private Array velocity(OnnxOptions form, Map<String, Array> inputs) {
        return OnnxRunner.run(golden.network(), with(form, unmerged()), inputs, unmerged())
                .get("velocity");
    }

    private float[] all(double scale) {
        float[] scales =
                new float[Math.toIntExact(golden.inputs().get("hidden_states").shape()[0])];
        Arrays.fill(scales, (float) scale);
        return scales;
    }

    @Test
    void everyFormAgreesAtEveryScaleMergedOrNot() throws IOException {
        for (TestedForm form : TestedForm.ALL) {
            for (Map.Entry<String, LoraCase.Applied> output : golden.outputs().entrySet()) {
                String name = output.getKey();
                Map<String, Array> scaled = inputs(all(output.getValue().scale()));
                if (name.startsWith(SCALED)) {
                    compare(form.title(), name, velocity(form.options(), scaled));
                } else if (name.startsWith(FUSED)) {
                    compare(
                            form.title() + ", merged",
                            name,
                            OnnxRunner.run(
                                            golden.network(),
                                            form.options(),
                                            golden.inputs(),
                                            golden.merged(output.getValue()))
                                    .get("velocity"));
                    compare(form.title() + ", unmerged", name, velocity(form.options(), scaled));
                }
            }
        }
        report.print();
    }

    /** The golden batch twice in one run: without the adapter first, with it behind. */
    @Test
    void everySampleHasItsOwnScale() {
        Map<String, Array> twice = inputs(concat(all(0), all(1)));
        for (Network.Input input : golden.network().inputs()) {
            if (input.axes().get(0).equals("batch")) {
                Array once = golden.inputs().get(input.name());
                long[] shape = once.shape().clone();
                shape[0] *= 2;
                twice.put(input.name(), new Array(shape, concat(once.values(), once.values())));
            }
        }
        Array mixed = velocity(OnnxOptions.ort(), twice);
        long[] shape = golden.values().shapes().get(SCALED + "1");
        int half = mixed.values().length / 2;
        compare("beside samples with it", SCALED + "0", new Array(shape, Arrays.copyOf(mixed.values(), half)));
        compare(
                "beside samples without it",
                SCALED + "1",
                new Array(shape, Arrays.copyOfRange(mixed.values(), half, 2 * half)));
        report.print();
    }

    private static float[] concat(float[] head, float[] tail) {
        float[] both = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, both, head.length, tail.length);
        return both;
    }

    @Test
    void fileHoldsAdaptersAsInitializersUnderTheirKeys() {
        OnnxModel model = OnnxExport.of(golden.network(), with(OnnxOptions.portable(), unmerged()));
        assertEquals(
                lora.parameters(1).shapes().keySet(), model.adapterParameters().keySet());
        assertEquals(base().shapes().keySet(), model.fixedParameters().keySet());
        try (Engine embedded = new OrtEngine("test", model.withWeights(unmerged()))) {
            compare("in one file", SCALED + "1", velocity(embedded));
        }
        report.print();
    }

    @Test
    void engineTakesNewAdaptersAloneAndRefusesUnknownOnes() {
        Weights start = new OverlaidWeights(base(), lora.times(0).parameters(1));
        OnnxModel model = OnnxExport.of(golden.network(), with(OnnxOptions.ort(), start));
        try (Engine engine = OnnxRunner.engine(model, start)) {
            compare("adapters of 0", SCALED + "0", velocity(engine));
            engine.update(lora.parameters(1));
            compare("after the update", SCALED + "1", velocity(engine));

            String layer = lora.modules().keySet().iterator().next();
            Map<String, Array> unknown = new LinkedHashMap<>(
                    lora.times(3).parameters(1) instanceof ArrayWeights arrays ? arrays.arrays() : Map.of());
            unknown.put("nowhere" + Lora.A, unknown.remove(layer + Lora.A));
            String message = assertThrows(
                            IllegalArgumentException.class, () -> engine.update(new ArrayWeights(unknown)))
                    .getMessage();
            assertTrue(message.contains("'nowhere" + Lora.A + "': the engine has no such weight"), message);
            compare("after a refused update", SCALED + "1", velocity(engine));

            Map<String, Array> one = Map.of(
                    "proj_out.bias", new Array(base().shapes().get("proj_out.bias"), base().floats("proj_out.bias")));
            message = assertThrows(IllegalArgumentException.class, () -> engine.update(new ArrayWeights(one)))
                    .getMessage();
            assertTrue(message.contains("'proj_out.weight': expected shape"), message);

            engine.update(start);
            compare("all weights again", SCALED + "0", velocity(engine));
        }
        report.print();
    }

    private Array velocity(Engine engine) {
        return engine.infer(inputs(all(1))).get("velocity");
    }

    @Test
    void layersThatAreNotThereAreAllNamed() {
        Map<String, long[]> shapes =
                Map.of("nowhere.to_q" + Lora.A, new long[] {2, 4}, "nowhere.to_k" + Lora.A, new long[] {2, 4});
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> OnnxExport.of(golden.network(), OnnxOptions.ort().withAdaptersOf(shapes)))
                .getMessage();
        assertTrue(message.contains("2 of 2 adapters"), message);
        assertTrue(message.contains("nowhere.to_q") && message.contains("nowhere.to_k"), message);
    }
}
