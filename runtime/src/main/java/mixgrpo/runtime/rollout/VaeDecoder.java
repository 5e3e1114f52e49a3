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
import mixgrpo.runtime.workers.Workers;

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
    private final Workers workers;
    private final Map<Place, EngineRun> runs = new LinkedHashMap<>();

    /**
     * @param engine closed with this
     * @param batch images decoded at once by a worker, at the most
     * @param workers that decode batches side by side; still the caller's
     */
    public VaeDecoder(
            Engine engine, VaeConfig config, LatentPacking packing, int batch, Tiling tiling, Workers workers) {
        this.engine = open.add(engine);
        this.config = config;
        this.packing = packing;
        this.batch = batch;
        this.tiling = tiling;
        this.workers = workers;
    }

    /** A run is one worker's, for so many images of this size. */
    private record Place(int worker, int images, int height, int width) {}

    @Override
    public List<Image> decode(float[][] latents) {
        List<Image> images = new ArrayList<>(latents.length);
        int together = Math.min(batch, (latents.length + workers.count() - 1) / workers.count());
        workers.inOrder(
                (latents.length + together - 1) / together,
                (worker, index) -> decode(worker, latents, index * together, together),
                (worker, index, decoded) -> images.addAll(decoded));
        return images;
    }

    private List<Image> decode(int worker, float[][] latents, int start, int together) {
        int count = Math.min(together, latents.length - start);
        float[] values = new float[count * packing.elements()];
        for (int i = 0; i < count; i++) {
            float[] row = packing.unpack(latents[start + i]);
            for (int k = 0; k < row.length; k++) {
                values[i * row.length + k] = config.plain(row[k]);
            }
        }
        Planes plain = new Planes(count, packing.channels(), packing.height(), packing.width(), values);
        Planes pictures = tiling.map(plain, 1, config.stride(), tile -> run(worker, tile));
        List<Image> images = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            images.add(Image.ofPlanes(
                    pictures.width(), pictures.height(), pictures.values(), i * (pictures.values().length / count)));
        }
        return images;
    }

    private synchronized EngineRun bound(Place place) {
        return runs.computeIfAbsent(
                place,
                missing -> open.add(engine.bind(Map.of(
                        "latents",
                        new long[] {missing.images(), packing.channels(), missing.height(), missing.width()}))));
    }

    private Planes run(int worker, Planes latents) {
        EngineRun run = bound(new Place(worker, latents.images(), latents.height(), latents.width()));
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
