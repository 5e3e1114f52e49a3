package mixgrpo.models.lora;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import mixgrpo.models.weights.StoredArray;
import mixgrpo.models.weights.Weights;

/**
 * The weights of a network with an adapter folded in, {@code W + scale * B A} in float32: what an engine without adapters
 * needs. A view: base and factors are read when asked for.
 *
 * @param base all weights of the network
 * @param factors of a layer by its path, if it has any
 */
public record MergedWeights(Weights base, Function<String, Optional<LoraFactors>> factors) implements Weights {

    private static final String WEIGHT = ".weight";

    /**
     * The whole of {@code lora} folded into {@code base}; {@link Lora#times} first for another strength.
     *
     * @throws IllegalArgumentException if it does not fit; names all that does not
     */
    public static MergedWeights of(Weights base, Lora lora, String source) {
        lora.check(base.shapes(), source);
        return new MergedWeights(
                base, layer -> Optional.ofNullable(lora.modules().get(layer)));
    }

    /**
     * A trainer's parameters, the network's and its adapters' together, as the weights of the network alone; follows
     * updates.
     *
     * @param scale of every layer, alpha / rank
     */
    public static MergedWeights ofParameters(Weights parameters, double scale) {
        return new MergedWeights(
                parameters,
                layer -> parameters.shapes().containsKey(layer + Lora.A)
                        ? Optional.of(LoraFactors.of(parameters, layer, scale))
                        : Optional.empty());
    }

    @Override
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>(base.shapes());
        shapes.keySet().removeIf(Lora::isAdapter);
        return shapes;
    }

    @Override
    public void read(String key, FloatBuffer target) {
        Optional<LoraFactors> found = factorsOf(key);
        if (found.isEmpty()) {
            base.read(key, target);
            return;
        }
        float[] weight = base.floats(key);
        found.get().addTo(weight);
        target.put(weight);
    }

    /** Of what no adapter changes. */
    @Override
    public Optional<StoredArray> stored(String key) {
        return factorsOf(key).isEmpty() ? base.stored(key) : Optional.empty();
    }

    private Optional<LoraFactors> factorsOf(String key) {
        return key.endsWith(WEIGHT)
                ? factors.apply(key.substring(0, key.length() - WEIGHT.length()))
                : Optional.empty();
    }
}
