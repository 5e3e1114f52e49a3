package mixgrpo.tools.pretrain;

import java.util.ArrayList;
import java.util.List;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.rollout.VaeDecoder;
import mixgrpo.runtime.rollout.VaeEncoder;
import mixgrpo.runtime.scenes.Scene;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneRenderer;
import mixgrpo.runtime.scenes.SceneSplit;
import mixgrpo.runtime.scenes.SceneVerifier;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.ImageModel;
import org.apache.commons.rng.core.source64.SplitMix64;

/**
 * What an autoencoder leaves of true pictures of development prompts, encoded and decoded.
 *
 * @param scenes that were drawn, one a prompt
 * @param strictBefore share of them that the verifier finds all right
 * @param strict the same after the round trip
 * @param decibel peak signal-to-noise ratio of the round trip, over all pixels
 */
public record RoundTrip(int scenes, double strictBefore, double strict, double decibel) {

    private static final long SEED = 1;

    /** Encodes to the mean of the latents and decodes. */
    public static RoundTrip measure(ImageModel model, int scenes) {
        List<ScenePrompt> prompts = SceneSplit.developmentPrompts(scenes);
        SplitMix64 random = new SplitMix64(SEED);
        List<Image> before = new ArrayList<>();
        prompts.forEach(prompt -> before.add(SceneRenderer.render(prompt, random)));
        TransformerInputs inputs = model.inputs(Scene.SIDE, Scene.SIDE, 1);
        List<Image> after;
        try (VaeEncoder encoder = model.encoder(EngineKind.fastest(), inputs);
                VaeDecoder decoder = model.decoder(EngineKind.fastest(), inputs)) {
            after = decoder.decode(encoder.encode(before));
        }
        return new RoundTrip(scenes, strict(prompts, before), strict(prompts, after), decibel(before, after));
    }

    private static double strict(List<ScenePrompt> prompts, List<Image> images) {
        int right = 0;
        for (int i = 0; i < images.size(); i++) {
            right += SceneVerifier.verify(prompts.get(i), images.get(i)).strict() ? 1 : 0;
        }
        return (double) right / images.size();
    }

    private static double decibel(List<Image> before, List<Image> after) {
        double squares = 0;
        int values = 0;
        for (int i = 0; i < before.size(); i++) {
            float[] expected = before.get(i).rgb();
            for (int k = 0; k < expected.length; k++) {
                double error = after.get(i).rgb()[k] - expected[k];
                squares += error * error;
                values++;
            }
        }
        return -10 * Math.log10(squares / values);
    }
}
