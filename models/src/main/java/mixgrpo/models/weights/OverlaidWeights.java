package mixgrpo.models.weights;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

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
        (above.contains(key) ? upper : lower).read(key, target);
    }
}
