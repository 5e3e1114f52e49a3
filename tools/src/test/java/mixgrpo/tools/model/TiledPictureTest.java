package mixgrpo.tools.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Component;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.rollout.Tiling;
import mixgrpo.runtime.rollout.VaeDecoder;
import mixgrpo.runtime.rollout.VaeEncoder;
import mixgrpo.runtime.scenes.Scene;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneRenderer;
import mixgrpo.runtime.workers.Workers;
import org.apache.commons.rng.core.source64.SplitMix64;
import org.junit.jupiter.api.Test;

/** The built-in autoencoder in tiles against itself on the whole. */
class TiledPictureTest {

    /** Of four 64x64 scenes, two side by side and two below. */
    private static final int SIDE = 128;

    /** What tiles change is less than what the autoencoder loses anyway, and they lose no more than the whole. */
    @Test
    void tiledPictureIsNearlyThatOfTheWhole() throws IOException {
        Path folder = Path.of(System.getProperty("mixgrpo.home"), "models", "scenes", "vae");
        try (Component vae = Component.open(folder)) {
            VaeConfig config = VaeConfig.of(vae.config());
            int latents = SIDE / config.stride();
            var packing = new LatentPacking(config.latentChannels(), latents, latents);
            Tiling tiles = new Tiling(latents / 2, latents / 8);
            Image picture = picture();
            float[][] whole = encoded(vae, config, packing, Tiling.NONE, picture);
            float[][] tiled = encoded(vae, config, packing, tiles, picture);

            float[] untiled = decoded(vae, config, packing, Tiling.NONE, whole).rgb();
            float[] decodedInTiles = decoded(vae, config, packing, tiles, whole).rgb();
            float[] allInTiles = decoded(vae, config, packing, tiles, tiled).rgb();
            double loss = distance(untiled, picture.rgb());
            double change = distance(untiled, decodedInTiles);
            double tiledLoss = distance(allInTiles, picture.rgb());
            System.out.printf("tiles: loss of the whole %.4f, of tiles %.4f, change %.4f%n", loss, tiledLoss, change);
            assertTrue(change < loss, "tiles change %s, the autoencoder loses %s".formatted(change, loss));
            assertTrue(tiledLoss < loss * 1.1, "tiles lose %s, the whole %s".formatted(tiledLoss, loss));
        }
    }

    private static float[][] encoded(
            Component vae, VaeConfig config, LatentPacking packing, Tiling tiling, Image picture) {
        try (VaeEncoder encoder = new VaeEncoder(
                EngineKind.ORT_CPU.load("encoder", AutoencoderKl.encoder(config), vae.weights()),
                config,
                packing,
                1,
                tiling)) {
            return encoder.encode(List.of(picture));
        }
    }

    private static Image picture() {
        String[] prompts = {
            "two red circles", "a blue square left of a yellow triangle", "three small green stars", "a pink ring"
        };
        float[] rgb = new float[3 * SIDE * SIDE];
        for (int i = 0; i < 4; i++) {
            ScenePrompt prompt = ScenePrompt.parse(prompts[i]);
            Image scene = SceneRenderer.render(prompt, new SplitMix64(i));
            for (int y = 0; y < Scene.SIDE; y++) {
                int row = i / 2 * Scene.SIDE + y;
                int column = i % 2 * Scene.SIDE;
                System.arraycopy(scene.rgb(), 3 * y * Scene.SIDE, rgb, 3 * (row * SIDE + column), 3 * Scene.SIDE);
            }
        }
        return new Image(SIDE, SIDE, rgb);
    }

    private static Image decoded(
            Component vae, VaeConfig config, LatentPacking packing, Tiling tiling, float[][] latents) {
        try (VaeDecoder decoder = new VaeDecoder(
                EngineKind.ORT_CPU.load("decoder", AutoencoderKl.decoder(config), vae.weights()),
                config,
                packing,
                1,
                tiling,
                Workers.one())) {
            return decoder.decode(latents).get(0);
        }
    }

    /** Root mean square. */
    private static double distance(float[] one, float[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += Math.pow(one[i] - other[i], 2);
        }
        return Math.sqrt(sum / one.length);
    }
}
