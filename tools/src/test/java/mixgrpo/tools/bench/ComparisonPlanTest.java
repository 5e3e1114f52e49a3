package mixgrpo.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import mixgrpo.trainer.config.TrainConfig;
import org.junit.jupiter.api.Test;

class ComparisonPlanTest {

    private static ComparisonPlan plan(String... arguments) {
        return new ComparisonPlan(List.of("mixgrpo", "dancegrpo"), List.of(arguments), 1, 1, OptionalInt.of(2));
    }

    @Test
    void costsAreMeasuredWithRewardsThatTellPicturesApartUnlessRewardsAreGiven() throws IOException {
        for (TrainConfig config : plan().configs().values()) {
            assertEquals(Set.of("scene", "strict", "jpeg"), config.rewards().keySet());
            assertEquals(0.01, config.rewards().get("jpeg").weight());
        }
        for (TrainConfig config : plan("rewards.scene.weight=2").configs().values()) {
            assertEquals(Set.of("scene", "strict"), config.rewards().keySet());
        }
        for (TrainConfig config : plan().trainingConfigs().values()) {
            assertEquals(Set.of("scene", "strict"), config.rewards().keySet());
            assertEquals(2, config.iterations());
        }
    }
}
