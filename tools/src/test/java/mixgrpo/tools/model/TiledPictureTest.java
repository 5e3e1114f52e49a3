package mixgrpo.tools.model;

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
import org.apache.commons.rng.core.source64.SplitMix64;
import org.junit.jupiter.api.Test;

/** The built-in autoencoder in tiles against itself on the whole. */
class TiledPictureTest {

    /** Of four 64x64 scenes side by side and one above the other. */
    private static final int SIDE = 128;

    @Test
    void tiledPictureIsNearlyThatOfTheWhole() throws IOException {
        Path folder = Path.of(System.getProperty("mixgrpo.home"), "models", "scenes", "vae");
        try (Component vae = Component.open(folder)) {
            VaeConfig config = VaeConfig.of(vae.config());
            int latents = SIDE / config.stride();
            var packing = new LatentPacking(config.latentChannels(), latents, latents);
            Image picture = picture();
            float[][] whole;
            float[][] tiled;
            Tiling tiles = new Tiling(latents / 2, latents / 8);
            try (VaeEncoder encoder = new VaeEncoder(
                    EngineKind.ORT_CPU.load("encoder", AutoencoderKl.encoder(config), vae.weights()),
                    config,
                    packing,
                    1)) {
                whole = encoder.encode(List.of(picture));
                tiled = new VaeEncoder(encoder.engine(), config, packing, 1, tiles).encode(List.of(picture));
            }
            double spread = 0;
            for (float value : whole[0]) {
                spread += value * value;
            }
            spread = Math.sqrt(spread / whole[0].length);
            System.out.println("latents: " + distance(whole[0], tiled[0]) + " of " + spread);
            float[] untiled = decoded(vae, config, packing, Tiling.NONE, whole).rgb();
            float[] inTiles = decoded(vae, config, packing, tiles, whole).rgb();
            System.out.println(
                    "pixels: " + distance(untiled, inTiles) + " vs reconstruction " + distance(untiled, picture.rgb()));
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
                tiling)) {
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
