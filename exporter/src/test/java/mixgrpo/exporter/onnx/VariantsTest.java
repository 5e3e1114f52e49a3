package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.goldens.TransformerCase;
import mixgrpo.models.goldens.VaeCase;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Weights;
import org.junit.jupiter.api.Test;

/** Variants of networks that have no fixture, derived from those that have one. */
class VariantsTest {

    /** FLUX.1-schnell has no guidance embedding; FLUX.1-dev is the same where that adds nothing. */
    @Test
    void transformerWithoutGuidanceIsOneWhoseGuidanceAddsNothing() throws IOException {
        try (TransformerCase golden = TransformerCase.open()) {
            ObjectNode json = ((ObjectNode) golden.component().config()).deepCopy();
            Network schnell = FluxTransformer.of(FluxConfig.of(json.put("guidance_embeds", false)));
            Network dev = FluxTransformer.of(FluxConfig.of(json.put("guidance_embeds", true)));
            Map<String, Array> weights = arrays(golden.weights());
            Random random = new Random(3);
            Inventory.parameters(dev).forEach((key, shape) -> {
                if (key.contains("guidance_embedder")) {
                    boolean last = key.contains("linear_2");
                    weights.put(key, filled(shape, () -> last ? 0 : (float) random.nextGaussian()));
                }
            });
            Map<String, Array> inputs = new LinkedHashMap<>(golden.inputs());
            Array sinusoid = inputs.get("timestep_proj");
            inputs.put("guidance_proj", sinusoid);
            float[] expected = run(dev, inputs, new ArrayWeights(weights), "velocity");

            weights.keySet().removeIf(key -> key.contains("guidance_embedder"));
            assertEquals(Inventory.parameters(schnell).keySet(), weights.keySet());
            inputs.remove("guidance_proj");
            assertFalse(schnell.inputs().stream().anyMatch(input -> !inputs.containsKey(input.name())));
            assertArrayEquals(expected, run(schnell, inputs, new ArrayWeights(weights), "velocity"), 1e-6f);
        }
    }

    /** 1x1 convolutions between moments and encoder, latents and decoder (Stable Diffusion 1 and 2). */
    @Test
    void quantConvolutionsMixTheChannelsOfLatents() throws IOException {
        try (VaeCase golden = VaeCase.open()) {
            ObjectNode json = ((ObjectNode) golden.component().config()).deepCopy();
            VaeConfig plain = VaeConfig.of(json.put("use_quant_conv", false).put("use_post_quant_conv", false));
            VaeConfig mixing = VaeConfig.of(json.put("use_quant_conv", true).put("use_post_quant_conv", true));
            Map<String, Array> arrays = arrays(golden.weights());
            arrays.keySet().removeIf(key -> key.contains("quant_conv"));
            Weights weights = new ArrayWeights(arrays);
            Random random = new Random(4);
            Map<String, Array> more = new LinkedHashMap<>(arrays);
            AutoencoderKl.checkpoint(mixing).forEach((key, shape) -> {
                if (key.contains("quant_conv")) {
                    more.put(key, filled(shape, () -> (float) random.nextGaussian() / 2));
                }
            });

            Array moments = result(AutoencoderKl.encoder(plain), golden.image(), weights, "moments");
            assertArrayEquals(
                    mixed(moments, more, "quant_conv").values(),
                    run(AutoencoderKl.encoder(mixing), golden.image(), new ArrayWeights(more), "moments"),
                    2e-5f); // sums of eight products of magnitude up to 10 in another order

            Array latents = golden.latents().get("latents");
            assertArrayEquals(
                    run(
                            AutoencoderKl.decoder(plain),
                            Map.of("latents", mixed(latents, more, "post_quant_conv")),
                            weights,
                            "image"),
                    run(AutoencoderKl.decoder(mixing), golden.latents(), new ArrayWeights(more), "image"),
                    2e-5f);
        }
    }

    /** {@code [B, C, h, w]} times a matrix over the channels, in double precision. */
    private static Array mixed(Array in, Map<String, Array> weights, String name) {
        float[] matrix = weights.get(name + ".weight").values();
        float[] bias = weights.get(name + ".bias").values();
        int channels = bias.length;
        int places = (int) (in.shape()[2] * in.shape()[3]);
        float[] out = new float[in.values().length];
        for (int i = 0; i < out.length; i++) {
            int image = i / places / channels;
            int channel = i / places % channels;
            double sum = bias[channel];
            for (int c = 0; c < channels; c++) {
                sum += (double) matrix[channel * channels + c]
                        * in.values()[(image * channels + c) * places + i % places];
            }
            out[i] = (float) sum;
        }
        return new Array(in.shape(), out);
    }

    private static Array result(Network network, Map<String, Array> inputs, Weights weights, String output) {
        return OnnxRunner.run(network, OnnxOptions.ort(), inputs, weights).get(output);
    }

    private static float[] run(Network network, Map<String, Array> inputs, Weights weights, String output) {
        return result(network, inputs, weights, output).values();
    }

    private static Map<String, Array> arrays(Weights weights) {
        Map<String, Array> arrays = new LinkedHashMap<>();
        weights.shapes().forEach((key, shape) -> arrays.put(key, new Array(shape, weights.floats(key))));
        return arrays;
    }

    private interface Draw {
        float next();
    }

    private static Array filled(long[] shape, Draw draw) {
        int elements = 1;
        for (long extent : shape) {
            elements *= (int) extent;
        }
        float[] values = new float[elements];
        for (int i = 0; i < elements; i++) {
            values[i] = draw.next();
        }
        return new Array(shape, values);
    }
}
