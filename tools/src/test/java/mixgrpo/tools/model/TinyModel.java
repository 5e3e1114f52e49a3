package mixgrpo.tools.model;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Weights;

/** A random model that draws pictures of 64x64 pixels of nothing, as small as it may be. */
public final class TinyModel {

    static final FluxConfig CONFIG = new FluxConfig(16, 16, 1, 1, 16, 2, 384, 384, false, List.of(4, 6, 6));
    static final Architecture ARCHITECTURE = new FluxArchitecture(CONFIG);
    static final VaeConfig VAE = new VaeConfig(3, 3, 4, List.of(8, 8, 8), 1, 8, true, false, false, .9, .1);

    private TinyModel() {}

    /** Its weights follow from the seed. */
    public static ImageModel of(long seed) {
        return ImageModel.of(ARCHITECTURE, VAE, transformer(seed), autoencoder(seed), SchedulerConfig.shifted(3));
    }

    public static Weights transformer(long seed) {
        return random(seed, FluxTransformer.of(CONFIG));
    }

    static Weights autoencoder(long seed) {
        return random(seed, AutoencoderKl.encoder(VAE), AutoencoderKl.decoder(VAE));
    }

    private static Weights random(long seed, Network... networks) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        Map<String, float[]> arrays = new LinkedHashMap<>();
        Random random = new Random(seed);
        for (Network network : networks) {
            shapes.putAll(Inventory.parameters(network));
        }
        shapes.forEach((key, shape) -> {
            long inputs = Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a * b);
            long elements = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
            float[] values = new float[Math.toIntExact(elements)];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (random.nextGaussian() / Math.sqrt(inputs));
            }
            arrays.put(key, values);
        });
        return new Weights() {
            @Override
            public Map<String, long[]> shapes() {
                return shapes;
            }

            @Override
            public void read(String key, FloatBuffer target) {
                target.put(arrays.get(key));
            }
        };
    }
}
