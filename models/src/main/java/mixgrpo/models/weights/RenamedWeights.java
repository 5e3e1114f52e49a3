package mixgrpo.models.weights;

import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Weights under other keys, or some of them. A view: it lives as long as its source. */
public final class RenamedWeights implements Weights {

    private final Weights source;
    private final Map<String, String> sourceKeys;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    /**
     * @param rename gives every key of {@code source} its new one
     * @throws IllegalArgumentException if two arrays would have the same key
     */
    public RenamedWeights(Weights source, UnaryOperator<String> rename) {
        this(source, renamed(source, rename));
    }

    /** @param sourceKeys keys of {@code source} by what they are here */
    private RenamedWeights(Weights source, Map<String, String> sourceKeys) {
        this.source = source;
        this.sourceKeys = sourceKeys;
        Map<String, long[]> all = source.shapes();
        sourceKeys.forEach((key, sourceKey) -> shapes.put(key, all.get(sourceKey)));
    }

    /** Those of {@code source} that have one of these keys. */
    public static RenamedWeights selected(Weights source, Set<String> keys) {
        Map<String, String> own = new LinkedHashMap<>();
        source.shapes().keySet().stream().filter(keys::contains).forEach(key -> own.put(key, key));
        return new RenamedWeights(source, own);
    }

    private static Map<String, String> renamed(Weights source, UnaryOperator<String> rename) {
        Map<String, String> sourceKeys = new LinkedHashMap<>();
        for (String key : source.shapes().keySet()) {
            String renamed = rename.apply(key);
            String other = sourceKeys.put(renamed, key);
            if (other != null) {
                throw new IllegalArgumentException(
                        "arrays '%s' and '%s' are both '%s'; which is the right one?".formatted(other, key, renamed));
            }
        }
        return sourceKeys;
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
    public void pieces(String key, long first, long count, Consumer<FloatBuffer> sink) {
        source.pieces(sourceKey(key), first, count, sink);
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
