package mixgrpo.models.lora;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.weights.StackedRows.Rows;

/** Factors of a layer that is several of diffusers': each part gets its rows of B. */
final class FusedFactors {

    private FusedFactors() {}

    /**
     * The factors of every part by its path, with the same product. Where A is stacked and B block-diagonal (adapters that
     * were made of separate ones), each part also gets its rank of A alone; the same rule as diffusers' (0.35,
     * loaders/lora_conversion_utils.py, _convert_to_ai_toolkit_cat).
     *
     * @param split the parts' rows of B
     * @throws IllegalArgumentException if B cannot be split into the parts
     */
    static Map<String, LoraFactors> split(Map<String, List<Rows>> split, LoraFactors fused) {
        Map<String, LoraFactors> parts = new LinkedHashMap<>();
        long rows = split.values().stream()
                .flatMap(List::stream)
                .mapToLong(Rows::count)
                .sum();
        if (rows != fused.out()) {
            throw new IllegalArgumentException(
                    "its %d outputs cannot be split into %s".formatted(fused.out(), split.keySet()));
        }
        boolean stacked = isStacked(split, fused);
        int part = 0;
        for (Map.Entry<String, List<Rows>> entry : split.entrySet()) {
            int rank = stacked ? fused.rank() / split.size() : fused.rank();
            parts.put(entry.getKey(), part(fused, entry.getValue(), stacked ? part++ * rank : 0, rank));
        }
        return parts;
    }

    /** Whether every part uses only its own share of the ranks. */
    private static boolean isStacked(Map<String, List<Rows>> split, LoraFactors fused) {
        if (split.size() == 1 || fused.rank() % split.size() != 0) {
            return false;
        }
        int rank = fused.rank() / split.size();
        int part = 0;
        for (List<Rows> rows : split.values()) {
            for (Rows own : rows) {
                for (long row = own.first(); row < own.first() + own.count(); row++) {
                    for (int r = 0; r < fused.rank(); r++) {
                        if (r / rank != part && fused.b().values()[(int) row * fused.rank() + r] != 0) {
                            return false;
                        }
                    }
                }
            }
            part++;
        }
        return true;
    }

    private static LoraFactors part(LoraFactors fused, List<Rows> rows, int firstRank, int rank) {
        int count = (int) rows.stream().mapToLong(Rows::count).sum();
        float[] b = new float[count * rank];
        int row = 0;
        for (Rows own : rows) {
            for (long from = own.first(); from < own.first() + own.count(); from++) {
                System.arraycopy(fused.b().values(), (int) from * fused.rank() + firstRank, b, row++ * rank, rank);
            }
        }
        float[] a = fused.a().values();
        if (rank < fused.rank()) {
            a = java.util.Arrays.copyOfRange(a, firstRank * fused.in(), (firstRank + rank) * fused.in());
        }
        return new LoraFactors(Array.of(a, rank, fused.in()), Array.of(b, count, rank), fused.scale());
    }
}
