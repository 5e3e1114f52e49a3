package mixgrpo.exporter.onnx;

import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Network;
import mixgrpo.models.Tensor;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.T5Config;

/**
 * What goes into a graph and comes out of it: the network's own values, or others from which a few nodes at the beginning make them.
 * Those of diffusers have the names and shapes of its modules' {@code forward}; where ONNX files by Optimum are called otherwise, Optimum's.
 */
public abstract class Signature {

    Signature() {}

    /** The network's own inputs and outputs. An output that is called as an input is called {@code <name>_out}. */
    public static Signature ofNetwork() {
        return new RenamedSignature(Map.of(), Map.of());
    }

    /**
     * FluxTransformer2DModel: {@code hidden_states [B, N, in]}, {@code encoder_hidden_states}, {@code pooled_projections},
     * {@code timestep [B]} in [0, 1], {@code img_ids [N, axes]}, {@code txt_ids [L, axes]}, and with guidance embedding {@code guidance [B]};
     * {@code out_hidden_states [B, N, out]}.
     */
    public static Signature flux(FluxConfig config) {
        return new FluxSignature(config);
    }

    /**
     * SD3Transformer2DModel: {@code hidden_states [B, C, H, W]}, {@code encoder_hidden_states}, {@code pooled_projections},
     * {@code timestep [B]} in [0, 1000]; {@code out_hidden_states [B, C, H, W]}. The table of positions is a parameter of the graph.
     */
    public static Signature sd3(Sd3Config config) {
        return new Sd3Signature(config);
    }

    /** CLIPTextModel: {@code input_ids [B, N]}; {@code last_hidden_state}, {@code pooler_output} and others of transformers' names. */
    public static Signature clip(ClipConfig config) {
        return new ClipSignature(config);
    }

    /** T5EncoderModel: {@code input_ids [B, N]}; {@code last_hidden_state}. */
    public static Signature t5(T5Config config) {
        return new T5Signature(config);
    }

    /** AutoencoderKL.decode: {@code latent_sample}; {@code sample}. */
    public static Signature vaeDecoder() {
        return new RenamedSignature(Map.of("latents", "latent_sample"), Map.of("image", "sample"));
    }

    /** AutoencoderKL.encode: {@code sample}; {@code latent_parameters}, mean and log-variance. */
    public static Signature vaeEncoder() {
        return new RenamedSignature(Map.of("image", "sample"), Map.of("moments", "latent_parameters"));
    }

    /**
     * Adds the inputs and what makes the network's of them.
     *
     * @return the network's inputs by their names
     */
    abstract Map<String, Tensor> inputs(OnnxScope scope, Network network);

    /** What an output of the network is called. */
    abstract String called(Network network, String output);

    /** An output in its form outside. */
    OnnxTensor result(OnnxScope scope, OnnxTensor output) {
        return output;
    }

    /** Adds an input of the graph. */
    static OnnxTensor input(OnnxScope scope, String called, Network.Input input) {
        ElementType type = input.ids() ? ElementType.INT64 : ElementType.FLOAT;
        OnnxTensor value = new OnnxTensor(scope, called, Shape.parse(input.axes()), type);
        scope.graph().input(value.value());
        return value;
    }

    /** Adds the inputs of the network that stay as they are, which are these. */
    static Map<String, Tensor> kept(OnnxScope scope, Network network, String... names) {
        Map<String, Tensor> kept = new LinkedHashMap<>();
        for (Network.Input input : network.inputs()) {
            for (String name : names) {
                if (input.name().equals(name)) {
                    kept.put(name, input(scope, name, input));
                }
            }
        }
        return kept;
    }

    /** A value under the axes that the network gives its input of that name. */
    static OnnxTensor as(Network network, String name, OnnxTensor value) {
        Network.Input input = network.inputs().stream()
                .filter(of -> of.name().equals(name))
                .findFirst()
                .orElseThrow();
        return new OnnxTensor(value.scope(), value.name(), Shape.parse(input.axes()), value.type());
    }
}
