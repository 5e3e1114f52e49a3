package mixgrpo.trainer.torchscript;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.Array;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.contract.ArrayWeights;
import mixgrpo.models.contract.ForwardContract;
import mixgrpo.models.contract.GradientContract;
import mixgrpo.models.contract.OpCase;
import mixgrpo.models.weights.Weights;
import org.junit.jupiter.api.Nested;

class TorchScriptContractTest {

    private static final ScriptOptions BF16 = new ScriptOptions(Precision.BF16, false, Optional.empty());
    private static final ScriptOptions RECOMPUTED = new ScriptOptions(Precision.FP32, true, Optional.empty());

    /**
     * bfloat16 has 8 significant bits: operands, products' sum and bias round by 2^-9 each, 4 of them. Gradients of two
     * operands are such products again.
     */
    private static final double BF16_LAYERS = 0x1p-7;

    @Nested
    class Float32 implements ForwardContract {
        @Override
        public Map<String, Array> run(Network network, Map<String, Array> inputs, Weights weights) {
            return TorchScriptContractTest.run(network, inputs, weights, ScriptOptions.plain());
        }
    }

    @Nested
    class Bfloat16 implements ForwardContract {
        @Override
        public Map<String, Array> run(Network network, Map<String, Array> inputs, Weights weights) {
            return TorchScriptContractTest.run(network, inputs, weights, BF16);
        }

        @Override
        public double layerTolerance() {
            return BF16_LAYERS;
        }
    }

    @Nested
    class Gradients implements GradientContract {
        @Override
        public Map<String, float[]> gradients(
                Network network, Map<String, Array> inputs, Weights weights, Array direction) {
            return TorchScriptContractTest.gradients(network, inputs, weights, direction, ScriptOptions.plain());
        }
    }

    @Nested
    class RecomputedGradients implements GradientContract {
        @Override
        public Map<String, float[]> gradients(
                Network network, Map<String, Array> inputs, Weights weights, Array direction) {
            return TorchScriptContractTest.gradients(network, inputs, weights, direction, RECOMPUTED);
        }
    }

    @Nested
    class Bfloat16Gradients implements GradientContract {
        @Override
        public Map<String, float[]> gradients(
                Network network, Map<String, Array> inputs, Weights weights, Array direction) {
            return TorchScriptContractTest.gradients(network, inputs, weights, direction, BF16);
        }

        @Override
        public double layerTolerance() {
            return BF16_LAYERS;
        }
    }

    private static Map<String, Array> run(
            Network network, Map<String, Array> inputs, Weights weights, ScriptOptions options) {
        // A trainable network has a parameter; most operations have none.
        List<NamedStage> stages = new ArrayList<>(network.stages());
        stages.add(new NamedStage("spare", (scope, in) -> {
            scope.param("parameter", 1);
            return in;
        }));
        Map<String, Array> arrays = new LinkedHashMap<>(Map.of("spare.parameter", Array.of(new float[1], 1)));
        weights.shapes().forEach((key, shape) -> arrays.put(key, new Array(shape, weights.floats(key))));
        Network withParameter = new Network(network.name(), network.inputs(), stages, network.outputs());
        try (var trainable = TrainableNetwork.withTaps(withParameter, new ArrayWeights(arrays), options)) {
            return trainable.infer(inputs);
        }
    }

    private static Map<String, float[]> gradients(
            Network network, Map<String, Array> inputs, Weights weights, Array direction, ScriptOptions options) {
        try (var trainable = new TrainableNetwork(network, weights, options);
                TrainableNetwork.Pass pass = trainable.forward(inputs)) {
            pass.backward(Map.of(OpCase.OUT, direction));
            return trainable.gradients();
        }
    }
}
