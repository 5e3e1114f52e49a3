package mixgrpo.runtime.rollout;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.image.Image;

/**
 * The encoder of an autoencoder as an engine with input {@code image [B, 3, H, W]} in [-1, 1] and output {@code moments
 * [B, 2 C, h, w]}, means first: the way back of {@link VaeDecoder}, with the same need of memory. Used by one thread at a time.
 *
 * @param engine closed with this
 * @param batch images encoded at once, at the most
 */
public record VaeEncoder(Engine engine, VaeConfig config, LatentPacking packing, int batch, Tiling tiling)
        implements AutoCloseable {

    /** Without tiles. */
    public VaeEncoder(Engine engine, VaeConfig config, LatentPacking packing, int batch) {
        this(engine, config, packing, batch, Tiling.NONE);
    }

    /** Packed latents of every image, the mean of their distribution, as a policy sees them; new arrays of the caller. */
    public float[][] encode(List<Image> images) {
        float[][] rows = new float[images.size()][];
        for (int start = 0; start < rows.length; start += batch) {
            int count = Math.min(batch, rows.length - start);
            float[] moments = tiling.map(pixels(images.subList(start, start + count)), config.stride(), 1, this::run)
                    .values();
            for (int i = 0; i < count; i++) {
                int first = 2 * i * packing.elements();
                float[] means = Arrays.copyOfRange(moments, first, first + packing.elements());
                for (int k = 0; k < means.length; k++) {
                    means[k] = config.normalised(means[k]);
                }
                rows[start + i] = packing.pack(means);
            }
        }
        return rows;
    }

    private Planes run(Planes pixels) {
        Array image = Array.of(pixels.values(), pixels.images(), pixels.channels(), pixels.height(), pixels.width());
        float[] moments = engine.infer(Map.of("image", image)).get("moments").values();
        return new Planes(
                pixels.images(),
                2 * packing.channels(),
                pixels.height() / config.stride(),
                pixels.width() / config.stride(),
                moments);
    }

    private Planes pixels(List<Image> images) {
        int width = packing.width() * config.stride();
        int height = packing.height() * config.stride();
        Planes pixels = Planes.zeros(images.size(), config.inChannels(), height, width);
        for (int i = 0; i < images.size(); i++) {
            Image image = images.get(i);
            if (image.width() != width || image.height() != height) {
                throw new IllegalArgumentException("image %d to encode: expected %d x %d pixels, got %d x %d"
                        .formatted(i, width, height, image.width(), image.height()));
            }
            image.toPlanes(pixels.values(), i * config.inChannels() * width * height);
        }
        return pixels;
    }

    @Override
    public void close() {
        engine.close();
    }
}
