package mixgrpo.models.text;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.weights.StoredArray;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsCheck;

/**
 * The parameters of a text encoder in a checkpoint, which may hold tied arrays under another name or twice, and tables that are no
 * parameters.
 *
 * @param source where the values lie; stays the caller's
 * @param names the source's key by the network's
 */
public record EncoderWeights(Weights source, Map<String, String> names) implements Weights {

    private static final String T5_TOKENS = "shared.weight";
    private static final String T5_TIED = "encoder.embed_tokens.weight";
    private static final String CLIP_POSITIONS = "text_model.embeddings.position_ids";

    /**
     * Of {@link ClipTextEncoder}.
     *
     * @param where the weights came from, for the message: a path
     * @throws IllegalArgumentException if keys are missing, unexpected or misshapen; names them all
     */
    public static Weights clip(ClipConfig config, Weights checkpoint, String where) {
        return checked(ClipTextEncoder.of(config), checkpoint, Map.of(), Set.of(CLIP_POSITIONS), where);
    }

    /** Of {@link T5Encoder}; see {@link #clip}. */
    public static Weights t5(T5Config config, Weights checkpoint, String where) {
        boolean tiedOnly = !checkpoint.shapes().containsKey(T5_TOKENS);
        return checked(
                T5Encoder.of(config),
                checkpoint,
                tiedOnly ? Map.of(T5_TIED, T5_TOKENS) : Map.of(),
                tiedOnly ? Set.of() : Set.of(T5_TIED),
                where);
    }

    private static Weights checked(
            Network network, Weights checkpoint, Map<String, String> renamed, Set<String> left, String where) {
        Map<String, String> names = new LinkedHashMap<>();
        for (String key : checkpoint.shapes().keySet()) {
            if (!left.contains(key)) {
                names.put(renamed.getOrDefault(key, key), key);
            }
        }
        Weights weights = new EncoderWeights(checkpoint, names);
        WeightsCheck.same(Inventory.parameters(network), weights, where);
        return weights;
    }

    @Override
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        names.forEach((name, key) -> shapes.put(name, source.shapes().get(key)));
        return shapes;
    }

    @Override
    public void read(String key, FloatBuffer target) {
        source.read(names.getOrDefault(key, key), target);
    }

    @Override
    public void pieces(String key, Consumer<FloatBuffer> sink) {
        source.pieces(names.getOrDefault(key, key), sink);
    }

    @Override
    public Optional<StoredArray> stored(String key) {
        return source.stored(names.getOrDefault(key, key));
    }
}
