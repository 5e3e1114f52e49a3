package mixgrpo.runtime.rollout;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.dit.Sinusoid;
import mixgrpo.runtime.text.TextEmbedding;

/** Inputs that transformers have in common: rows of a batch side by side in one new array. */
final class Rows {

    private Rows() {}

    /**
     * {@code [B, shape]}.
     *
     * @throws IllegalArgumentException if a row has another number of elements
     */
    private static Array joined(List<float[]> rows, int... shape) {
        int elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        float[] values = new float[Math.multiplyExact(rows.size(), elements)];
        for (int i = 0; i < rows.size(); i++) {
            float[] row = rows.get(i);
            if (row.length != elements) {
                throw new IllegalArgumentException(
                        "row %d of a batch: expected %d elements for the network's %s, got %d; is the text encoder of the same model?"
                                .formatted(i, elements, Arrays.toString(shape), row.length));
            }
            System.arraycopy(row, 0, values, i * elements, elements);
        }
        long[] batch = new long[shape.length + 1];
        Arrays.setAll(batch, axis -> axis == 0 ? rows.size() : shape[axis - 1]);
        return new Array(batch, values);
    }

    /**
     * {@code encoder_hidden_states [B, length, width]}, zero behind a text's tokens, and {@code pooled_projections [B,
     * pooledWidth]}; a new map.
     */
    static Map<String, Array> texts(List<TextEmbedding> texts, int length, int width, int pooledWidth) {
        int elements = length * width;
        List<float[]> states = texts.stream()
                .map(TextEmbedding::tokenStates)
                .map(own -> own.length < elements ? Arrays.copyOf(own, elements) : own)
                .toList();
        Map<String, Array> inputs = new LinkedHashMap<>();
        inputs.put("encoder_hidden_states", joined(states, length, width));
        inputs.put(
                "pooled_projections",
                joined(texts.stream().map(TextEmbedding::pooled).toList(), pooledWidth));
        return inputs;
    }

    /** {@code hidden_states [B, N, C]}, packed, and {@code timestep_proj [B, 256]}. */
    static Map<String, Array> latents(List<float[]> latents, LatentPacking packing, double[] sigmas) {
        return Map.of(
                "hidden_states", joined(latents, packing.tokens(), packing.tokenElements()),
                "timestep_proj", sinusoids(sigmas));
    }

    /** Sinusoids of 1000 times each value, {@code [B, 256]}. */
    static Array sinusoids(double... values) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = (float) values[i];
        }
        return Array.of(Sinusoid.ofThousandths(rounded), values.length, Sinusoid.CHANNELS);
    }
}
