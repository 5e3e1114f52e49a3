package mixgrpo.runtime.rollout;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.vae.LatentLayout;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.lifetime.OpenResources;

/**
 * The decoder of an autoencoder as an engine with input {@code latents [B, C, h, w]} and output {@code image [B, 3, H, W]} in
 * [-1, 1]. Used by one thread at a time.
 */
public final class VaeDecoder implements Decoder, AutoCloseable {

    private final OpenResources open = new OpenResources();
    private final Engine engine;
    private final VaeConfig config;
    private final LatentLayout layout;
    private final int batch;
    private final Map<Integer, EngineRun> runs = new LinkedHashMap<>(); // by number of images

    /**
     * @param engine closed with this
     * @param batch images decoded at once, at the most
     */
    public VaeDecoder(Engine engine, VaeConfig config, LatentLayout layout, int batch) {
        this.engine = open.add(engine);
        this.config = config;
        this.layout = layout;
        this.batch = batch;
    }

    @Override
    public List<Image> decode(float[][] latents) {
        List<Image> images = new ArrayList<>(latents.length);
        for (int start = 0; start < latents.length; start += batch) {
            int count = Math.min(batch, latents.length - start);
            float[] values = new float[count * layout.elements()];
            for (int i = 0; i < count; i++) {
                float[] row = layout.unpack(latents[start + i]);
                for (int k = 0; k < row.length; k++) {
                    values[i * row.length + k] = config.plain(row[k]);
                }
            }
            EngineRun run = runs.computeIfAbsent(count, this::bind);
            run.set("latents", values);
            run.run();
            float[] planes = run.get("image");
            for (int i = 0; i < count; i++) {
                images.add(Image.ofPlanes(
                        layout.width() * config.stride(),
                        layout.height() * config.stride(),
                        planes,
                        i * (planes.length / count)));
            }
        }
        return images;
    }

    private EngineRun bind(int count) {
        return open.add(
                engine.bind(Map.of("latents", new long[] {count, layout.channels(), layout.height(), layout.width()})));
    }

    @Override
    public void close() {
        open.close();
    }
}
