package mixgrpo.models.weights;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Weights with others laid over them: what the upper ones have counts, for everything else the lower ones. A view of both. */
public final class OverlaidWeights implements Weights {

    private final Weights lower;
    private final Weights upper;
    private final Map<String, long[]> shapes;
    private final Set<String> above;

    /** @param lower read where {@code upper} has no such key */
    public OverlaidWeights(Weights lower, Weights upper) {
        this.lower = lower;
        this.upper = upper;
        shapes = new LinkedHashMap<>(lower.shapes());
        Map<String, long[]> over = upper.shapes();
        shapes.putAll(over);
        above = over.keySet();
    }

    @Override
    public Map<String, long[]> shapes() {
        return shapes;
    }

    @Override
    public void read(String key, FloatBuffer target) {
        of(key).read(key, target);
    }

    @Override
    public void pieces(String key, Consumer<FloatBuffer> sink) {
        of(key).pieces(key, sink);
    }

    @Override
    public void pieces(String key, long first, long count, Consumer<FloatBuffer> sink) {
        of(key).pieces(key, first, count, sink);
    }

    @Override
    public Optional<StoredArray> stored(String key) {
        return of(key).stored(key);
    }

    private Weights of(String key) {
        return above.contains(key) ? upper : lower;
    }
}
