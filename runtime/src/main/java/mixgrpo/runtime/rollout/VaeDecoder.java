package mixgrpo.runtime.rollout;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.lifetime.OpenResources;

/**
 * The decoder of an autoencoder as an engine with input {@code latents [B, C, h, w]} and output {@code image [B, 3, H, W]} in
 * [-1, 1]. Used by one thread at a time.
 *
 * <p>Memory that the engine needs grows with the images decoded at once and with the area of a tile: the widest arrays have
 * {@code block_out_channels[0]} channels at every pixel, and a middle block with attention compares all places of a tile's latents
 * with each other. With a batch of 1 and {@link Tiling} it does not depend on number and size of the pictures.
 */
public final class VaeDecoder implements Decoder, AutoCloseable {

    private final OpenResources open = new OpenResources();
    private final Engine engine;
    private final VaeConfig config;
    private final LatentPacking packing;
    private final int batch;
    private final Tiling tiling;
    private final Map<List<Integer>, EngineRun> runs = new LinkedHashMap<>(); // by images, height and width

    /** Without tiles. */
    public VaeDecoder(Engine engine, VaeConfig config, LatentPacking packing, int batch) {
        this(engine, config, packing, batch, Tiling.NONE);
    }

    /**
     * @param engine closed with this
     * @param batch images decoded at once, at the most
     */
    public VaeDecoder(Engine engine, VaeConfig config, LatentPacking packing, int batch, Tiling tiling) {
        this.engine = open.add(engine);
        this.config = config;
        this.packing = packing;
        this.batch = batch;
        this.tiling = tiling;
    }

    @Override
    public List<Image> decode(float[][] latents) {
        List<Image> images = new ArrayList<>(latents.length);
        for (int start = 0; start < latents.length; start += batch) {
            int count = Math.min(batch, latents.length - start);
            float[] values = new float[count * packing.elements()];
            for (int i = 0; i < count; i++) {
                float[] row = packing.unpack(latents[start + i]);
                for (int k = 0; k < row.length; k++) {
                    values[i * row.length + k] = config.plain(row[k]);
                }
            }
            Planes plain = new Planes(count, packing.channels(), packing.height(), packing.width(), values);
            Planes pictures = tiling.map(plain, 1, config.stride(), this::run);
            for (int i = 0; i < count; i++) {
                images.add(Image.ofPlanes(
                        pictures.width(),
                        pictures.height(),
                        pictures.values(),
                        i * (pictures.values().length / count)));
            }
        }
        return images;
    }

    private Planes run(Planes latents) {
        EngineRun run = runs.computeIfAbsent(
                List.of(latents.images(), latents.height(), latents.width()),
                shape -> open.add(engine.bind(Map.of(
                        "latents",
                        new long[] {latents.images(), latents.channels(), latents.height(), latents.width()}))));
        run.set("latents", latents.values());
        run.run();
        return new Planes(
                latents.images(),
                config.outChannels(),
                latents.height() * config.stride(),
                latents.width() * config.stride(),
                run.get("image"));
    }

    @Override
    public void close() {
        open.close();
    }
}
