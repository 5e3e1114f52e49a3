package mixgrpo.exporter.onnx;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Component;
import mixgrpo.runtime.image.Image;
import org.junit.jupiter.api.Test;

class OnnxVaeGoldensTest {

    private interface FloatMap {
        double of(double value);
    }

    @Test
    void bothDirectionsAgreeAtEveryTap() throws IOException {
        try (GoldenTensors goldens = new GoldenTensors("OnnxVae", "vae.safetensors");
                Component vae = GoldenTensors.component("vae")) {
            VaeConfig config = VaeConfig.of(vae.config());
            Array latents = goldens.array("latents");
            Array raw = new Array(
                    latents.shape(), map(latents.values(), x -> x / config.scalingFactor() + config.shiftFactor()));
            for (OnnxOptions options : List.of(OnnxOptions.portable(), OnnxOptions.ort())) {
                String way = "(%s)".formatted(options.form());
                Map<String, Array> decoded = OnnxRunner.run(
                        AutoencoderKl.decoder(config), options.withTaps(), Map.of("latents", raw), vae.weights());
                Map<String, Array> encoded = OnnxRunner.run(
                        AutoencoderKl.encoder(config),
                        options.withTaps(),
                        Map.of("image", goldens.array("image")),
                        vae.weights());
                Map<String, float[]> values = new HashMap<>(Map.of("latents_raw", raw.values()));
                decoded.forEach((name, array) -> values.put("stage." + name, array.values()));
                encoded.forEach((name, array) -> values.put("stage." + name, array.values()));
                addPictures(values, decoded.get("image"));
                addMoments(values, encoded.get("moments"), config);
                goldens.compareAll(way, values::get);
                if (goldens.has("image_uint8")) {
                    // Rounding may fall on either side of a half.
                    goldens.compare(way, "image_uint8", bytes(decoded.get("image")), 1);
                }
            }
            goldens.report();
        }
    }

    private static void addPictures(Map<String, float[]> values, Array decoded) {
        values.put("decoded", decoded.values());
        values.put("image_float", map(decoded.values(), x -> Math.min(1, Math.max(0, x / 2 + 0.5))));
    }

    /** What a sampler makes of the encoder's output. */
    private static void addMoments(Map<String, float[]> values, Array moments, VaeConfig config) {
        float[] mean = half(moments, 0);
        float[] logVariance = map(half(moments, 1), x -> Math.min(20, Math.max(-30, x)));
        values.put("moments", moments.values());
        values.put("mean", mean);
        values.put("logvar", logVariance);
        values.put("std", map(logVariance, x -> Math.exp(x / 2)));
        values.put("mean_scaled", map(mean, x -> (x - config.shiftFactor()) * config.scalingFactor()));
    }

    /** The first or second half of the channels of {@code [B, 2 C, h, w]}. */
    private static float[] half(Array moments, int which) {
        int batch = (int) moments.shape()[0];
        int size = moments.values().length / batch / 2;
        float[] half = new float[batch * size];
        for (int sample = 0; sample < batch; sample++) {
            System.arraycopy(moments.values(), (2 * sample + which) * size, half, sample * size, size);
        }
        return half;
    }

    /** The pictures {@code [B, 3, H, W]} in [-1, 1] as bytes {@code [B, H, W, 3]}. */
    private static float[] bytes(Array decoded) {
        int height = (int) decoded.shape()[2];
        int width = (int) decoded.shape()[3];
        int pixels = height * width;
        float[] bytes = new float[decoded.values().length];
        for (int sample = 0; sample < decoded.shape()[0]; sample++) {
            float[] rgb = new float[3 * pixels];
            for (int i = 0; i < rgb.length; i++) {
                rgb[i] = decoded.values()[sample * 3 * pixels + i % 3 * pixels + i / 3] / 2 + 0.5f;
            }
            BufferedImage picture = new Image(width, height, rgb).toBufferedImage();
            for (int i = 0; i < rgb.length; i++) {
                int packed = picture.getRGB(i / 3 % width, i / 3 / width);
                bytes[sample * 3 * pixels + i] = packed >> 8 * (2 - i % 3) & 0xFF;
            }
        }
        return bytes;
    }

    private static float[] map(float[] values, FloatMap function) {
        float[] mapped = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            mapped[i] = (float) function.of(values[i]);
        }
        return mapped;
    }
}
