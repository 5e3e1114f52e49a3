package mixgrpo.models.goldens;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.dit.Sinusoid;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.flux.RotaryTables;
import mixgrpo.models.sd3.PositionTable;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.models.sd3.Sd3Transformer;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;

/**
 * A tiny transformer, a batch for it, and what the reference made of it: its output and inner values, and the gradients of
 * {@code mean((output - target)^2)}.
 *
 * @param network of the folder's configuration
 * @param component its weights
 * @param values {@code transformer.safetensors}
 * @param gradients {@code gradients.safetensors}
 * @param inputs of the network, made of the reference's
 * @param reference the reference's habits
 */
public record TransformerCase(
        Network network,
        Component component,
        WeightsFile values,
        WeightsFile gradients,
        Map<String, Array> inputs,
        Reference reference)
        implements AutoCloseable {

    /** The FLUX.1 transformer. */
    public static TransformerCase open() throws IOException {
        Path folder = GoldenReport.folder("models", "flux");
        Component component = Component.open(folder.resolve("transformer"));
        FluxConfig config = FluxConfig.of(component.config());
        WeightsFile values = values(folder);
        return new TransformerCase(
                FluxTransformer.of(config),
                component,
                values,
                gradients(folder),
                inputs(config, values),
                new FluxReference());
    }

    /** Folders of SD3 transformers, to be opened one by one with {@link #openSd3}. */
    public static List<Path> sd3Folders() throws IOException {
        try (Stream<Path> folders = Files.list(GoldenReport.folder("models", "sd3"))) {
            return folders.filter(Files::isDirectory).sorted().toList();
        }
    }

    public static TransformerCase openSd3(Path folder) throws IOException {
        Component component = Component.open(folder.resolve("transformer"));
        Sd3Config config = Sd3Config.of(component.config());
        WeightsFile values = values(folder);
        Array latents = array(values, "hidden_states");
        LatentPacking packing = new LatentPacking(
                config.inChannels(),
                Math.toIntExact(latents.shape()[2]),
                Math.toIntExact(latents.shape()[3]),
                config.patchSize());
        Reference reference = new Sd3Reference(packing);
        Map<String, Array> inputs = new LinkedHashMap<>();
        inputs.put("hidden_states", reference.packed(latents));
        inputs.put("encoder_hidden_states", array(values, "encoder_hidden_states"));
        inputs.put("pooled_projections", array(values, "pooled_projections"));
        float[] timesteps = values.floats("timestep");
        inputs.put("timestep_proj", Array.of(Sinusoid.of(timesteps), timesteps.length, Sinusoid.CHANNELS));
        inputs.put(
                "position_embedding",
                Array.of(
                        PositionTable.window(config, component.weights(), packing.rows(), packing.columns()),
                        packing.tokens(),
                        config.dim()));
        return new TransformerCase(Sd3Transformer.of(config), component, values, gradients(folder), inputs, reference);
    }

    private static WeightsFile values(Path folder) throws IOException {
        return SafetensorsFile.open(folder.resolve("cases").resolve("transformer.safetensors"));
    }

    private static WeightsFile gradients(Path folder) throws IOException {
        return SafetensorsFile.open(folder.resolve("cases").resolve("gradients.safetensors"));
    }

    /** A FLUX network's inputs, made of the reference's in {@code values}. */
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

    /** Results of an interpreter, the network's output and taps, under the reference's names. */
    public Map<String, Array> named(Map<String, Array> results) {
        return reference.named(inputs, results);
    }

    /** A pass's velocity, the loss, and the gradients of parameters and inputs by their own names, all under the reference's. */
    public Map<String, Array> named(Array velocity, Map<String, Array> ofParameters, Map<String, Array> ofInputs) {
        Map<String, Array> named = new LinkedHashMap<>();
        named.put("output", reference.unpacked(velocity));
        named.put("loss", Array.of(new float[] {loss(velocity)}));
        ofParameters.forEach((key, gradient) -> named.put("grad." + key, gradient));
        ofInputs.forEach((name, gradient) -> named.put(
                "grad.input." + name, name.equals("hidden_states") ? reference.unpacked(gradient) : gradient));
        return named;
    }

    /** {@code mean((velocity - target)^2)}. */
    public float loss(Array velocity) {
        float[] target = target();
        double sum = 0;
        for (int i = 0; i < target.length; i++) {
            sum += Math.pow(velocity.values()[i] - target[i], 2);
        }
        return (float) (sum / target.length);
    }

    /** The derivative of {@link #loss} by the velocity. */
    public Array lossGradient(Array velocity) {
        float[] target = target();
        float[] gradient = new float[target.length];
        for (int i = 0; i < target.length; i++) {
            gradient[i] = (float) (2 * ((double) velocity.values()[i] - target[i]) / target.length);
        }
        return new Array(velocity.shape(), gradient);
    }

    private float[] target() {
        return reference.packed(array(gradients, "target")).values();
    }

    @Override
    public void close() {
        component.close();
        values.close();
        gradients.close();
    }
}
