package mixgrpo.models.goldens;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import mixgrpo.models.Array;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;

/**
 * A tiny autoencoder, latents to decode and a picture to encode, and what the reference made of them.
 *
 * @param component configuration and weights
 * @param values {@code vae.safetensors}
 */
public record VaeCase(VaeConfig config, Component component, WeightsFile values) implements AutoCloseable {

    public static VaeCase open() throws IOException {
        Path folder = GoldenReport.folder("models", "flux");
        Component component = Component.open(folder.resolve("vae"));
        return new VaeCase(
                VaeConfig.of(component.config()),
                component,
                SafetensorsFile.open(folder.resolve("cases").resolve("vae.safetensors")));
    }

    /** The weights of encoder and decoder. */
    public Weights weights() {
        return component.weights();
    }

    /** The decoder's input: latents as the policy knows them, unscaled. */
    public Map<String, Array> latents() {
        return Map.of(
                "latents", map(array("latents"), latent -> latent / config.scalingFactor() + config.shiftFactor()));
    }

    /** The encoder's input. */
    public Map<String, Array> image() {
        return Map.of("image", array("image"));
    }

    /**
     * Compares outputs and taps of decoder and encoder, and what follows from the outputs, with everything that has a tolerance;
     * pixels may differ by 1.
     *
     * @param variant goes before the tensors' names in the report, may be empty
     */
    public void compare(GoldenReport report, String variant, Map<String, Array> decoded, Map<String, Array> encoded)
            throws IOException {
        report.compare(variant, GoldenReport.tolerances(values.path()), values, named(decoded, encoded));
        long[] shape = values.shapes().get("image_uint8");
        byte[] bytes = values.bytes("image_uint8");
        float[] pixels = new float[bytes.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = bytes[i] & 0xff;
        }
        report.compare(
                "%s image_uint8".formatted(variant).strip(), new Array(shape, pixels), pixels(decoded.get("image")), 1);
    }

    /** {@code [B, 3, H, W]} in [-1, 1] to {@code [B, H, W, 3]} in 0..255, halves rounded to even. */
    private static Array pixels(Array image) {
        int channels = Math.toIntExact(image.shape()[1]);
        int places = Math.toIntExact(image.shape()[2] * image.shape()[3]);
        float[] pixels = new float[image.values().length];
        for (int i = 0; i < pixels.length; i++) {
            int batch = i / (channels * places);
            int channel = i / places % channels;
            double value = Math.min(Math.max(image.values()[i] / 2.0 + 0.5, 0), 1);
            pixels[(batch * places + i % places) * channels + channel] = (float) Math.rint(value * 255);
        }
        return Array.of(pixels, image.shape()[0], image.shape()[2], image.shape()[3], channels);
    }

    /** Under the reference's names. */
    private Map<String, Array> named(Map<String, Array> decoded, Map<String, Array> encoded) {
        Map<String, Array> named = new LinkedHashMap<>();
        decoded.forEach((name, value) -> named.put("stage." + name, value));
        encoded.forEach((name, value) -> named.put("stage." + name, value));
        named.put("latents_raw", latents().get("latents"));
        Array image = decoded.get("image");
        named.put("decoded", image);
        named.put("image_float", map(image, value -> Math.min(Math.max(value / 2 + 0.5, 0), 1)));
        Array moments = encoded.get("moments");
        named.put("moments", moments);
        Array mean = channels(moments, 0);
        named.put("mean", mean);
        named.put("mean_scaled", map(mean, value -> (value - config.shiftFactor()) * config.scalingFactor()));
        Array logvar = map(channels(moments, config.latentChannels()), value -> Math.min(Math.max(value, -30), 20));
        named.put("logvar", logvar);
        named.put("std", map(logvar, value -> Math.exp(value / 2)));
        return named;
    }

    /** As many channels of {@code [B, 2 C, h, w]} as a latent has, from {@code first} on. */
    private Array channels(Array moments, int first) {
        long[] shape = moments.shape().clone();
        int batch = Math.toIntExact(shape[0]);
        int image = moments.values().length / batch;
        int channel = Math.toIntExact(shape[2] * shape[3]);
        shape[1] = config.latentChannels();
        int length = config.latentChannels() * channel;
        float[] part = new float[batch * length];
        for (int b = 0; b < batch; b++) {
            System.arraycopy(moments.values(), b * image + first * channel, part, b * length, length);
        }
        return new Array(shape, part);
    }

    private Array array(String name) {
        return new Array(values.shapes().get(name), values.floats(name));
    }

    private static Array map(Array array, DoubleUnaryOperator function) {
        float[] values = new float[array.values().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) function.applyAsDouble(array.values()[i]);
        }
        return new Array(array.shape(), values);
    }

    @Override
    public void close() {
        component.close();
        values.close();
    }
}
