package mixgrpo.runtime.rollout;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.vae.LatentLayout;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.image.Image;

/**
 * The encoder of an autoencoder as an engine with input {@code image [B, 3, H, W]} in [-1, 1] and output {@code moments
 * [B, 2 C, h, w]}, means first: the way back of {@link VaeDecoder}. Used by one thread at a time.
 *
 * @param engine closed with this
 * @param batch images encoded at once, at the most
 */
public record VaeEncoder(Engine engine, VaeConfig config, LatentLayout layout, int batch) implements AutoCloseable {

    /** Packed latents of every image, the mean of their distribution, as a policy sees them; new arrays of the caller. */
    public float[][] encode(List<Image> images) {
        float[][] rows = new float[images.size()][];
        for (int start = 0; start < rows.length; start += batch) {
            int count = Math.min(batch, rows.length - start);
            float[] moments = engine.infer(Map.of("image", pixels(images.subList(start, start + count))))
                    .get("moments")
                    .values();
            for (int i = 0; i < count; i++) {
                int first = 2 * i * layout.elements();
                float[] means = Arrays.copyOfRange(moments, first, first + layout.elements());
                for (int k = 0; k < means.length; k++) {
                    means[k] = config.normalised(means[k]);
                }
                rows[start + i] = layout.pack(means);
            }
        }
        return rows;
    }

    private Array pixels(List<Image> images) {
        int width = layout.width() * config.stride();
        int height = layout.height() * config.stride();
        float[] pixels = new float[images.size() * 3 * width * height];
        for (int i = 0; i < images.size(); i++) {
            Image image = images.get(i);
            if (image.width() != width || image.height() != height) {
                throw new IllegalArgumentException("image %d to encode: expected %d x %d pixels, got %d x %d"
                        .formatted(i, width, height, image.width(), image.height()));
            }
            image.toPlanes(pixels, i * 3 * width * height);
        }
        return Array.of(pixels, images.size(), 3, height, width);
    }

    @Override
    public void close() {
        engine.close();
    }
}
