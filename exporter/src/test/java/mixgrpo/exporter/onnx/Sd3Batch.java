package mixgrpo.exporter.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.goldens.TransformerCase;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.runtime.rollout.Sd3Inputs;
import mixgrpo.runtime.text.TextEmbedding;

/** What a batch of the fixtures is to our sampler. */
record Sd3Batch(Sd3Inputs inputs, List<float[]> latents, List<TextEmbedding> texts, double[] sigmas) {

    static Sd3Batch of(TransformerCase golden) {
        Sd3Config config = Sd3Config.of(golden.component().config());
        long[] latents = golden.values().shapes().get("hidden_states");
        LatentPacking packing =
                new LatentPacking((int) latents[1], (int) latents[2], (int) latents[3], config.patchSize());
        int length = (int) golden.values().shapes().get("encoder_hidden_states")[1];
        Sd3Inputs inputs = new Sd3Inputs(config, packing, length, golden.weights());
        List<TextEmbedding> texts = new ArrayList<>();
        for (int i = 0; i < latents[0]; i++) {
            texts.add(new TextEmbedding(
                    length, length, row(golden, "encoder_hidden_states", i), row(golden, "pooled_projections", i)));
        }
        List<float[]> rows = new ArrayList<>();
        for (int i = 0; i < latents[0]; i++) {
            rows.add(packing.pack(row(golden, "hidden_states", i)));
        }
        float[] timesteps = golden.values().floats("timestep");
        double[] sigmas = new double[timesteps.length];
        Arrays.setAll(sigmas, i -> timesteps[i] / 1000.0);
        return new Sd3Batch(inputs, rows, texts, sigmas);
    }

    private static float[] row(TransformerCase golden, String name, int i) {
        float[] all = golden.values().floats(name);
        int length = all.length / (int) golden.values().shapes().get(name)[0];
        return Arrays.copyOfRange(all, i * length, (i + 1) * length);
    }
}
