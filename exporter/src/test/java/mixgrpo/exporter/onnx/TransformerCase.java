package mixgrpo.exporter.onnx;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.RotaryTables;
import mixgrpo.models.flux.Sinusoid;

/** The inputs of a golden file for a FLUX transformer, as our network takes them. */
final class TransformerCase {

    private TransformerCase() {}

    static Map<String, Array> inputs(FluxConfig config, GoldenTensors goldens) {
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
}
