package mixgrpo.models.lora;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Problems;
import mixgrpo.models.weights.Weights;

/**
 * An adapter of one network: factors for some of its linear layers. Two parameters of a layer stand for them wherever
 * adapters are not merged: the path of the layer with {@link #A} and with {@link #B} behind it.
 *
 * @param modules by the layer's path in the network, {@code transformer_blocks.0.attn.to_q}
 */
public record Lora(Map<String, LoraFactors> modules) {

    /** Ends the key of a layer's A, {@code [rank, in]}. */
    public static final String A = ".lora_A.weight";

    /** Ends the key of a layer's B, {@code [out, rank]}. */
    public static final String B = ".lora_B.weight";

    /** The input of a network with adapters that says how much of them each sample gets, {@code [B]}: 1 all, 0 the base alone. */
    public static final String SCALE = "lora_scale";

    /** @throws IllegalArgumentException if there is no module */
    public Lora {
        if (modules.isEmpty()) {
            throw new IllegalArgumentException("an adapter needs at least one layer");
        }
        modules = Collections.unmodifiableMap(new LinkedHashMap<>(modules));
    }

    /** Whether a parameter key is an adapter's and not a weight of the network. */
    public static boolean isAdapter(String key) {
        return key.endsWith(A) || key.endsWith(B);
    }

    /**
     * The adapter that a trainer's parameters are now, copied; parameters that are no adapter's are left out.
     *
     * @param scale of every layer, alpha / rank
     * @throws IllegalArgumentException if an A or B is alone or misshapen, or there is none
     */
    public static Lora of(Weights parameters, double scale) {
        Map<String, LoraFactors> modules = new LinkedHashMap<>();
        parameters.shapes().keySet().stream().filter(Lora::isAdapter).forEach(key -> {
            String layer = key.substring(0, key.length() - A.length());
            modules.computeIfAbsent(layer, l -> LoraFactors.of(parameters, l, scale));
        });
        return new Lora(modules);
    }

    /** One adapter of several and how much of it. */
    public record Weighted(Lora lora, double weight) {}

    /**
     * Several adapters as one that adds what all of them add: ranks are put side by side, weights and scales go into B
     * and the scale is 1. Exact up to one rounding of B.
     */
    public static Lora combined(List<Weighted> adapters) {
        if (adapters.size() == 1) {
            return adapters.get(0).lora().times(adapters.get(0).weight());
        }
        Map<String, List<LoraFactors>> byLayer = new LinkedHashMap<>();
        adapters.forEach(adapter -> adapter.lora().modules().forEach((layer, factors) -> byLayer.computeIfAbsent(
                        layer, l -> new ArrayList<>())
                .add(factors.times(adapter.weight()))));
        Map<String, LoraFactors> modules = new LinkedHashMap<>();
        byLayer.forEach((layer, parts) -> modules.put(layer, sideBySide(layer, parts)));
        return new Lora(modules);
    }

    private static LoraFactors sideBySide(String layer, List<LoraFactors> parts) {
        if (parts.size() == 1) {
            return parts.get(0);
        }
        int in = parts.get(0).in();
        int out = parts.get(0).out();
        int rank = parts.stream().mapToInt(LoraFactors::rank).sum();
        float[] a = new float[Math.multiplyExact(rank, in)];
        float[] b = new float[Math.multiplyExact(out, rank)];
        int first = 0;
        for (LoraFactors part : parts) {
            if (part.in() != in || part.out() != out) {
                throw new IllegalArgumentException(
                        "adapters of '%s' are for [%d, %d] and [%d, %d]; they belong to different models"
                                .formatted(layer, out, in, part.out(), part.in()));
            }
            float[] folded = part.withScale(1).b().values();
            System.arraycopy(part.a().values(), 0, a, first * in, part.rank() * in);
            for (int row = 0; row < out; row++) {
                System.arraycopy(folded, row * part.rank(), b, row * rank + first, part.rank());
            }
            first += part.rank();
        }
        return new LoraFactors(Array.of(a, rank, in), Array.of(b, out, rank), 1);
    }

    /** All of it times {@code factor}. */
    public Lora times(double factor) {
        Map<String, LoraFactors> scaled = new LinkedHashMap<>();
        modules.forEach((layer, factors) -> scaled.put(layer, factors.times(factor)));
        return new Lora(scaled);
    }

    /**
     * The A and B of every layer as parameters, in a form in which each layer's scale is {@code scale}: what a trainer
     * starts from, or an engine without scales of its own ({@code scale} 1) takes.
     */
    public Weights parameters(double scale) {
        Map<String, Array> arrays = new LinkedHashMap<>();
        modules.forEach((layer, factors) -> {
            arrays.put(layer + A, factors.a());
            arrays.put(layer + B, factors.withScale(scale).b());
        });
        return new ArrayWeights(arrays);
    }

    /**
     * Checks that every layer is one of the network and has its extents.
     *
     * @param network shapes of the network's parameters by key
     * @param source where the adapter came from, for the message: a path
     * @throws IllegalArgumentException if it was made for another base model; names all that does not fit
     */
    public void check(Map<String, long[]> network, String source) {
        Problems problems = new Problems();
        modules.forEach((layer, factors) -> {
            long[] weight = network.get(layer + ".weight");
            long[] made = {factors.out(), factors.in()};
            if (weight == null) {
                problems.add("%s: the network has no such layer", Problems.quoted(layer));
            } else if (!Arrays.equals(weight, made)) {
                problems.add(
                        "%s: expected an adapter for %s, got one for %s",
                        Problems.quoted(layer), Arrays.toString(weight), Arrays.toString(made));
            }
        });
        if (problems.any()) {
            throw new IllegalArgumentException(
                    problems.message(source + " does not fit the network (was it made for another base model?)"));
        }
    }
}
