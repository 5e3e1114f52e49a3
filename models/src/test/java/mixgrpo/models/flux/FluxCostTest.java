package mixgrpo.models.flux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import mixgrpo.models.Inventory;
import org.junit.jupiter.api.Test;

class FluxCostTest {

    /** With one token of each kind every weight is used once, those of single blocks twice, and attention is all that is left. */
    @Test
    void countsEveryWeightOnceAToken() {
        for (boolean guidance : new boolean[] {false, true}) {
            FluxConfig config = new FluxConfig(8, 12, 2, 3, 16, 4, 24, 20, guidance, List.of(4, 6, 6));
            Map<String, long[]> weights = Inventory.parameters(FluxTransformer.of(config));
            double products = 0;
            for (Map.Entry<String, long[]> weight : weights.entrySet()) {
                if (weight.getValue().length == 2) {
                    boolean modulation = weight.getKey().contains(".norm.linear");
                    int tokens = weight.getKey().startsWith("single_") && !modulation ? 2 : 1;
                    products += (double) tokens * weight.getValue()[0] * weight.getValue()[1];
                }
            }
            double attention = 5 * 2 * 2 * 2 * 64;
            assertEquals(2 * (products + attention), new FluxCost(config, 1, 1).forward());
        }
    }
}
