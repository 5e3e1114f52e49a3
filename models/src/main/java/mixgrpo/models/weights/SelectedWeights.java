package mixgrpo.models.weights;

import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Those of another's weights that have one of some keys. A view: it lives as long as its source. */
public final class SelectedWeights implements Weights {

    private final Weights source;
    private final Map<String, long[]> shapes;

    /** @param keys those that {@code source} does not have are not here either */
    public SelectedWeights(Weights source, Set<String> keys) {
        this.source = source;
        shapes = new LinkedHashMap<>(source.shapes());
        shapes.keySet().retainAll(keys);
    }

    @Override
    public Map<String, long[]> shapes() {
        return Collections.unmodifiableMap(shapes);
    }

    @Override
    public void read(String key, FloatBuffer target) {
        source.read(selected(key), target);
    }

    @Override
    public void pieces(String key, Consumer<FloatBuffer> sink) {
        source.pieces(selected(key), sink);
    }

    @Override
    public Optional<StoredArray> stored(String key) {
        return source.stored(selected(key));
    }

    private String selected(String key) {
        if (!shapes.containsKey(key)) {
            throw new IllegalArgumentException("no array '%s'; there are %d others".formatted(key, shapes.size()));
        }
        return key;
    }
}
