package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.dit.Sinusoid;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.flux.RotaryTables;
import mixgrpo.models.weights.Component;
import org.junit.jupiter.api.Test;

class OnnxTransformerGoldensTest {

    private static final String JOINT = ".joint";

    @Test
    void everyFormAgreesAtEveryTap() throws IOException {
        try (GoldenTensors goldens = new GoldenTensors("OnnxTransformer", "transformer.safetensors");
                Component transformer = GoldenTensors.component("transformer")) {
            FluxConfig config = FluxConfig.of(transformer.config());
            Network network = FluxTransformer.of(config);
            Map<String, Array> inputs = inputs(config, goldens);
            int textTokens = (int) inputs.get("encoder_hidden_states").shape()[1];
            for (OnnxOptions options :
                    List.of(OnnxOptions.portable(), OnnxOptions.portable().withLayerNormOp(), OnnxOptions.ort())) {
                Map<String, Array> results = OnnxRunner.run(network, options.withTaps(), inputs, transformer.weights());
                goldens.compareAll(
                        "(%s%s)".formatted(options.form(), options.layerNormOp() ? ", layer norm op" : ""),
                        name -> value(name, inputs, results, textTokens));
            }
            goldens.report();
        }
    }

    private static Map<String, Array> inputs(FluxConfig config, GoldenTensors goldens) {
        Map<String, Array> inputs = new LinkedHashMap<>();
        for (String name : List.of("hidden_states", "encoder_hidden_states", "pooled_projections")) {
            inputs.put(name, goldens.array(name));
        }
        inputs.put("timestep_proj", sinusoid(goldens.array("timestep")));
        if (config.guidanceEmbeds()) {
            inputs.put("guidance_proj", sinusoid(goldens.array("guidance")));
        }
        double[][] positions = concat(rows(goldens.array("txt_ids")), rows(goldens.array("img_ids")));
        RotaryTables tables = RotaryTables.of(config.axesDimsRope(), positions);
        inputs.put("rotary_cos", Array.of(tables.cos(), positions.length, config.attentionHeadDim()));
        inputs.put("rotary_sin", Array.of(tables.sin(), positions.length, config.attentionHeadDim()));
        return inputs;
    }

    private static Array sinusoid(Array values) {
        return Array.of(Sinusoid.ofThousandths(values.values()), values.values().length, Sinusoid.CHANNELS);
    }

    private static double[][] rows(Array ids) {
        int axes = (int) ids.shape()[1];
        double[][] rows = new double[(int) ids.shape()[0]][axes];
        for (int i = 0; i < ids.values().length; i++) {
            rows[i / axes][i % axes] = ids.values()[i];
        }
        return rows;
    }

    private static double[][] concat(double[][] head, double[][] tail) {
        double[][] both = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, both, head.length, tail.length);
        return both;
    }

    /** What we have under the reference's name, or null. */
    private static float[] value(String name, Map<String, Array> inputs, Map<String, Array> results, int textTokens) {
        if (name.equals("output")) {
            return results.get("velocity").values();
        }
        String key = name.substring("stage.".length());
        switch (key) {
            case "pos_embed.cos":
                return inputs.get("rotary_cos").values();
            case "pos_embed.sin":
                return inputs.get("rotary_sin").values();
            case "time_text_embed.time_proj", "time_text_embed.time_proj.call0":
                return inputs.get("timestep_proj").values();
            case "time_text_embed.time_proj.call1":
                return inputs.get("guidance_proj").values();
            default:
                break;
        }
        if (results.containsKey(key)) {
            return results.get(key).values();
        }
        // Single blocks carry one sequence, text followed by image, where diffusers' return both parts.
        int dot = key.lastIndexOf('.');
        Array joint = results.get(key.substring(0, Math.max(0, dot)) + JOINT);
        if (joint == null) {
            return null;
        }
        return switch (key.substring(dot + 1)) {
            case "encoder_hidden" -> tokens(joint, 0, textTokens);
            case "hidden" -> tokens(joint, textTokens, (int) joint.shape()[1]);
            default -> null;
        };
    }

    /** The tokens from {@code start} to {@code end} of every sample of {@code [B, N, C]}. */
    private static float[] tokens(Array sequence, int start, int end) {
        int batch = (int) sequence.shape()[0];
        int all = (int) (sequence.shape()[1] * sequence.shape()[2]);
        int channels = (int) sequence.shape()[2];
        int size = (end - start) * channels;
        float[] part = new float[batch * size];
        for (int sample = 0; sample < batch; sample++) {
            System.arraycopy(sequence.values(), sample * all + start * channels, part, sample * size, size);
        }
        return part;
    }
}
