package mixgrpo.tools.inspect;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.LoraFactors;

/** What there is to say of an adapter. */
final class AdapterRemarks {

    private AdapterRemarks() {}

    /**
     * What an adapter is of, as far as its names and shapes tell.
     *
     * @param keys of its arrays in the file
     */
    static List<String> of(Lora lora, Set<String> keys) {
        Map<Integer, Integer> ranks = new LinkedHashMap<>();
        Map<Double, Integer> scales = new LinkedHashMap<>();
        for (LoraFactors factors : lora.modules().values()) {
            ranks.merge(factors.rank(), 1, Integer::sum);
            scales.merge(factors.scale(), 1, Integer::sum);
        }
        Optional<Integer> width = lora.modules().entrySet().stream()
                .filter(entry -> entry.getKey().matches(".*\\.(to_q|to_k|to_v|norm1?\\.linear)"))
                .map(entry -> entry.getValue().in())
                .findFirst();
        return List.of(
                "%d layers, rank %s, alpha / rank %s".formatted(lora.modules().size(), counted(ranks), counted(scales)),
                "base: %s%s"
                        .formatted(
                                family(lora, keys),
                                width.map(w -> ", width %d".formatted(w)).orElse("")));
    }

    /** The models that have layers of these names. */
    private static String family(Lora lora, Set<String> keys) {
        Set<String> layers = lora.modules().keySet();
        if (keys.stream().anyMatch(key -> key.contains("double_blocks"))
                || layers.stream().anyMatch(layer -> layer.startsWith("single_transformer_blocks."))) {
            return "FLUX.1, by its layers' names";
        }
        if (keys.stream().anyMatch(key -> key.contains("joint_blocks"))
                || layers.stream().anyMatch(layer -> layer.contains(".attn2."))) {
            return "SD3, by its layers' names";
        }
        return "FLUX.1 or SD3, which its layers' names do not tell apart";
    }

    private static <T> String counted(Map<T, Integer> counts) {
        return counts.size() == 1 ? String.valueOf(counts.keySet().iterator().next()) : counts.toString();
    }
}
