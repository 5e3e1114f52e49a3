package mixgrpo.trainer.eager;

import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.contract.ForwardContract;
import mixgrpo.models.contract.GradientContract;
import mixgrpo.models.contract.OpCase;
import mixgrpo.models.weights.Weights;
import org.junit.jupiter.api.Nested;

class EagerContractTest {

    @Nested
    class Forward implements ForwardContract {
        @Override
        public Map<String, Array> run(Network network, Map<String, Array> inputs, Weights weights) {
            try (var eager = new EagerNetwork(network, weights)) {
                return eager.runWithTaps(inputs);
            }
        }
    }

    @Nested
    class Gradients implements GradientContract {
        @Override
        public Map<String, float[]> gradients(
                Network network, Map<String, Array> inputs, Weights weights, Array direction) {
            try (var eager = new EagerNetwork(network, weights)) {
                Map<String, float[]> gradients = new LinkedHashMap<>();
                eager.gradients(inputs, Map.of(OpCase.OUT, direction))
                        .parameters()
                        .forEach((key, gradient) -> gradients.put(key, gradient.values()));
                return gradients;
            }
        }
    }
}
