package mixgrpo.models.weights;

import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Weights under other keys. A view: it lives as long as its source. */
public final class RenamedWeights implements Weights {

    private final Weights source;
    private final Map<String, String> sourceKeys = new LinkedHashMap<>();
    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    /**
     * @param rename gives every key of {@code source} its new one
     * @throws IllegalArgumentException if two arrays would have the same key
     */
    public RenamedWeights(Weights source, UnaryOperator<String> rename) {
        this.source = source;
        source.shapes().forEach((key, shape) -> {
            String renamed = rename.apply(key);
            String other = sourceKeys.put(renamed, key);
            if (other != null) {
                throw new IllegalArgumentException(
                        "arrays '%s' and '%s' are both '%s'; which is the right one?".formatted(other, key, renamed));
            }
            shapes.put(renamed, shape);
        });
    }

    @Override
    public Map<String, long[]> shapes() {
        return Collections.unmodifiableMap(shapes);
    }

    @Override
    public void read(String key, FloatBuffer target) {
        source.read(sourceKey(key), target);
    }

    @Override
    public void pieces(String key, Consumer<FloatBuffer> sink) {
        source.pieces(sourceKey(key), sink);
    }

    @Override
    public Optional<StoredArray> stored(String key) {
        return source.stored(sourceKey(key));
    }

    private String sourceKey(String key) {
        String found = sourceKeys.get(key);
        if (found == null) {
            throw new IllegalArgumentException("no array '%s'; there are %d others".formatted(key, shapes.size()));
        }
        return found;
    }
}
