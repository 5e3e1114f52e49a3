package mixgrpo.models.goldens;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.flux.RotaryTables;
import mixgrpo.models.flux.Sinusoid;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;

/**
 * A tiny FLUX.1 transformer, a batch for it, and what the reference made of it: its output and inner values, and the gradients
 * of {@code mean((output - target)^2)}.
 *
 * @param network of the folder's configuration
 * @param component its weights
 * @param values {@code transformer.safetensors}
 * @param gradients {@code gradients.safetensors}
 * @param inputs of the network, made of the reference's
 */
public record TransformerCase(
        Network network, Component component, WeightsFile values, WeightsFile gradients, Map<String, Array> inputs)
        implements AutoCloseable {

    private static final String SINGLE = "single_transformer_blocks.";

    public static TransformerCase open() throws IOException {
        Path folder = GoldenReport.folder("models", "flux");
        Component component = Component.open(folder.resolve("transformer"));
        FluxConfig config = FluxConfig.of(component.config());
        WeightsFile values = SafetensorsFile.open(folder.resolve("cases").resolve("transformer.safetensors"));
        return new TransformerCase(
                FluxTransformer.of(config),
                component,
                values,
                SafetensorsFile.open(folder.resolve("cases").resolve("gradients.safetensors")),
                inputs(config, values));
    }

    /** The network's inputs, made of the reference's in {@code values}. */
    public static Map<String, Array> inputs(FluxConfig config, Weights values) {
        Map<String, Array> inputs = new LinkedHashMap<>();
        for (String name : new String[] {"hidden_states", "encoder_hidden_states", "pooled_projections"}) {
            inputs.put(name, array(values, name));
        }
        inputs.put("timestep_proj", sinusoid(values, "timestep"));
        if (config.guidanceEmbeds()) {
            inputs.put("guidance_proj", sinusoid(values, "guidance"));
        }
        Array text = array(values, "txt_ids");
        Array image = array(values, "img_ids");
        int axes = Math.toIntExact(text.shape()[1]);
        double[][] positions = new double[Math.toIntExact(text.shape()[0] + image.shape()[0])][axes];
        for (int i = 0; i < positions.length * axes; i++) {
            int fromImage = i - text.values().length;
            positions[i / axes][i % axes] = fromImage < 0 ? text.values()[i] : image.values()[fromImage];
        }
        RotaryTables tables = RotaryTables.of(config.axesDimsRope(), positions);
        inputs.put("rotary_cos", Array.of(tables.cos(), positions.length, config.attentionHeadDim()));
        inputs.put("rotary_sin", Array.of(tables.sin(), positions.length, config.attentionHeadDim()));
        return inputs;
    }

    private static Array sinusoid(Weights values, String name) {
        float[] scalars = values.floats(name);
        return Array.of(Sinusoid.ofThousandths(scalars), scalars.length, Sinusoid.CHANNELS);
    }

    private static Array array(Weights values, String name) {
        return new Array(values.shapes().get(name), values.floats(name));
    }

    /** The network's weights. */
    public Weights weights() {
        return component.weights();
    }

    /**
     * Results of an interpreter, the network's output and taps, under the reference's names. Sinusoids and rotary tables, inner
     * values there, are inputs here; single blocks keep text and image in one value here.
     */
    public Map<String, Array> named(Map<String, Array> results) {
        Map<String, Array> named = new LinkedHashMap<>();
        named.put("output", results.get("velocity"));
        String sinusoid = "stage.time_text_embed.time_proj";
        if (inputs.containsKey("guidance_proj")) {
            named.put(sinusoid + ".call0", inputs.get("timestep_proj"));
            named.put(sinusoid + ".call1", inputs.get("guidance_proj"));
        } else {
            named.put(sinusoid, inputs.get("timestep_proj"));
        }
        named.put("stage.pos_embed.cos", inputs.get("rotary_cos"));
        named.put("stage.pos_embed.sin", inputs.get("rotary_sin"));
        int text = Math.toIntExact(inputs.get("encoder_hidden_states").shape()[1]);
        results.forEach((name, value) -> {
            if (name.startsWith(SINGLE) && name.endsWith(".joint")) {
                String block = "stage." + name.substring(0, name.length() - "joint".length());
                int tokens = Math.toIntExact(value.shape()[1]);
                named.put(block + "encoder_hidden", tokens(value, 0, text));
                named.put(block + "hidden", tokens(value, text, tokens));
            } else {
                named.put("stage." + name, value);
            }
        });
        return named;
    }

    /** Tokens {@code start} to {@code end} of {@code [B, N, C]}. */
    private static Array tokens(Array value, int start, int end) {
        int batch = Math.toIntExact(value.shape()[0]);
        int tokens = Math.toIntExact(value.shape()[1]);
        int channels = Math.toIntExact(value.shape()[2]);
        int length = (end - start) * channels;
        float[] part = new float[batch * length];
        for (int b = 0; b < batch; b++) {
            System.arraycopy(value.values(), (b * tokens + start) * channels, part, b * length, length);
        }
        return Array.of(part, batch, end - start, channels);
    }

    /** {@code mean((output - target)^2)}. */
    public float loss(Array output) {
        float[] target = gradients.floats("target");
        double sum = 0;
        for (int i = 0; i < target.length; i++) {
            sum += Math.pow(output.values()[i] - target[i], 2);
        }
        return (float) (sum / target.length);
    }

    /** The derivative of {@link #loss} by the output. */
    public Array lossGradient(Array output) {
        float[] target = gradients.floats("target");
        float[] gradient = new float[target.length];
        for (int i = 0; i < target.length; i++) {
            gradient[i] = (float) (2 * ((double) output.values()[i] - target[i]) / target.length);
        }
        return new Array(output.shape(), gradient);
    }

    @Override
    public void close() {
        component.close();
        values.close();
        gradients.close();
    }
}
