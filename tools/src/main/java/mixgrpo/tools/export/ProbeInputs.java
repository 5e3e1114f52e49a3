package mixgrpo.tools.export;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.tools.model.Architecture;

/** Inputs that a network could meet, a function of sizes and seed: normal latents and texts, all noise levels, uniform pixels, ids of the vocabulary. */
public final class ProbeInputs {

    private ProbeInputs() {}

    /** Rows of as many different latents, texts and noise levels. */
    public static Map<String, Array> transformer(
            TransformerInputs inputs, Architecture architecture, int batch, int textTokens, long seed) {
        Random random = new Random(seed);
        List<float[]> latents = new ArrayList<>();
        List<TextEmbedding> texts = new ArrayList<>();
        double[] sigmas = new double[batch];
        for (int row = 0; row < batch; row++) {
            latents.add(normal(random, inputs.elements()));
            texts.add(new TextEmbedding(
                    textTokens,
                    textTokens,
                    normal(random, textTokens * architecture.textChannels()),
                    normal(random, architecture.pooledChannels())));
            sigmas[row] = (row + 1.) / batch;
        }
        return inputs.of(latents, texts, sigmas);
    }

    /** Pictures for an encoder, latents for a decoder: all of {@code side} pixels. */
    static Map<String, Array> autoencoder(Network network, VaeConfig vae, ProbeSizes sizes) {
        Random random = new Random(sizes.seed());
        Map<String, Array> inputs = new LinkedHashMap<>();
        for (Network.Input input : network.inputs()) {
            boolean pictures = input.name().equals("image");
            int latents = Math.max(1, sizes.side() / vae.stride());
            int side = pictures ? latents * vae.stride() : latents;
            int channels = Integer.parseInt(input.axes().get(1));
            float[] values = normal(random, sizes.batch() * channels * side * side);
            for (int i = 0; pictures && i < values.length; i++) {
                values[i] = 2 * random.nextFloat() - 1;
            }
            inputs.put(input.name(), Array.of(values, sizes.batch(), channels, side, side));
        }
        return inputs;
    }

    /** Random ids, each row closed by {@code end}. */
    static int[][] ids(int vocabulary, int tokens, int end, ProbeSizes sizes) {
        Random random = new Random(sizes.seed());
        int[][] ids = new int[sizes.batch()][tokens];
        for (int[] row : ids) {
            for (int i = 0; i < tokens - 1; i++) {
                row[i] = random.nextInt(vocabulary - 1);
            }
            row[tokens - 1] = end;
        }
        return ids;
    }

    private static float[] normal(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
