package mixgrpo.trainer.torchscript;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.contract.ForwardContract;
import mixgrpo.models.contract.GradientContract;
import mixgrpo.models.contract.OpCase;
import mixgrpo.models.weights.ArrayWeights;
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

    /** Every operation takes what layers return, bfloat16, for all operands. */
    @Nested
    class OperandsOfLayers extends Bfloat16 {
        @Override
        public void check(OpCase opCase) {
            super.check(afterLayers(
                    opCase, opCase.inputs().stream().map(Network.Input::name).toList()));
        }
    }

    /** Every operation takes a bfloat16 first operand and float32 others. */
    @Nested
    class FirstOperandOfALayer extends Bfloat16 {
        @Override
        public void check(OpCase opCase) {
            super.check(afterLayers(opCase, List.of(opCase.inputs().get(0).name())));
        }
    }

    /**
     * The case with {@code operands} passed through layers that are the identity. Given values are rounded to bfloat16 before, so
     * that these layers are exact.
     */
    private static OpCase afterLayers(OpCase opCase, List<String> operands) {
        Map<String, Array> arrays = new LinkedHashMap<>();
        opCase.arrays().forEach((name, array) -> arrays.put(name, rounded(array)));
        List<String> passed = opCase.inputs().stream()
                .filter(input -> !opCase.constants().contains(input.name()) && operands.contains(input.name()))
                .map(Network.Input::name)
                .toList();
        for (String name : passed) {
            int width = width(arrays.get(name));
            float[] identity = new float[width * width];
            for (int i = 0; i < width; i++) {
                identity[i * (width + 1)] = 1;
            }
            arrays.put("layer." + name + ".weight", Array.of(identity, width, width));
        }
        return new OpCase(
                opCase.title() + " of layers' values",
                opCase.inputs(),
                opCase.constants(),
                arrays,
                (scope, in) -> {
                    Carry values = in;
                    for (String name : passed) {
                        int width = width(arrays.get(name));
                        values =
                                values.with(name, scope.linearWithoutBias("layer." + name, in.get(name), width, width));
                    }
                    return opCase.op().apply(scope, values);
                },
                opCase.expected(),
                opCase.magnitude(),
                // Results are rounded to bfloat16, as may be one value within the operation.
                opCase.relative() + BF16_LAYERS,
                opCase.absolute() == 0 ? 0 : Math.max(opCase.absolute(), BF16_LAYERS),
                opCase.layer(),
                opCase.smooth());
    }

    private static int width(Array array) {
        return Math.toIntExact(array.shape()[array.shape().length - 1]);
    }

    /** Cut to the 16 high bits. */
    private static Array rounded(Array array) {
        float[] values = new float[array.values().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(Float.floatToRawIntBits(array.values()[i]) & 0xffff0000);
        }
        return new Array(array.shape(), values);
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
