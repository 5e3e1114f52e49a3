package mixgrpo.trainer.policy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.trainer.advantage.Advantages;
import mixgrpo.trainer.checkpoint.WeightGroups;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.OptimizerConfig;
import mixgrpo.trainer.config.PolicyConfig;
import mixgrpo.trainer.libtorch.DeviceChoice;
import mixgrpo.trainer.libtorch.TorchDevice;
import mixgrpo.trainer.loss.PolicyLoss;
import mixgrpo.trainer.torchscript.LoraConfig;
import mixgrpo.trainer.torchscript.Precision;
import mixgrpo.trainer.torchscript.TrainableNetwork;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A policy that is trained on a GPU beside one on the CPU. Run by {@code mvn verify -Pcuda -Dgroups=gpu}. */
@Tag("gpu")
class PolicyOnGpuTest {

    private static final long SEED = 23;
    private static final double RATE = 1e-3;
    private static final double[] ADVANTAGES = {1.2, -.7, .4, -.9};
    private static final LoraConfig LORA = new LoraConfig(2, 4, List.of("attn.to_q", "proj_out", "linear_1"));
    private static final int READINGS = 100;

    private final TinyPolicy tiny = TinyPolicy.flux(SEED);
    private final ArrayWeights weights = tiny.weights(SEED);
    private final Group group = group();

    @BeforeAll
    static void onlyWithCuda() {
        assumeTrue(TorchDevice.isBuiltForGpus(), "this build has libtorch for the CPU only");
    }

    private Group group() {
        try (TrainableNetwork network = tiny.network(weights)) {
            return tiny.sample(network, SEED);
        }
    }

    private Policy policy(PolicyConfig train, TorchDevice device) {
        OptimizerConfig optimizer = new OptimizerConfig(
                RATE,
                OptimizerConfig.Schedule.CONSTANT,
                1,
                1,
                0,
                .01,
                1,
                1,
                OptimizerConfig.Remainder.USED,
                .9,
                .99,
                1e-8,
                .9);
        return new Policy(tiny.inputs, weights, train, optimizer, LOSS, SEED, Compute.of(device, Workers.one()));
    }

    private static final LossConfig LOSS = new LossConfig(
            LossConfig.Objective.CLIP,
            1e-4,
            1e-5,
            LossConfig.Weighting.UNIFORM,
            LossConfig.Reduction.MEAN,
            LossConfig.OldLogProb.ROLLOUT,
            0,
            0,
            LossConfig.Reference.NONE,
            .3,
            LossConfig.Aggregation.ADVANTAGE,
            LossConfig.RewardWeights.NORMALISED,
            LossConfig.Scope.GROUP,
            0,
            1e-8,
            5);

    private Map<String, float[]> gradients(Policy policy) {
        new PolicyGradient(policy.network(), tiny.inputs, PolicyLoss.of(LOSS))
                .add(Shard.of(group, new int[] {0, 1, 2, 3}, ADVANTAGES, 1. / 12));
        return policy.network().gradients();
    }

    /** Of all weights and of adapters, plain and recomputed. Float32 sums in another order; bfloat16 rounds each of them. */
    @Test
    void gradientsAreThoseOfTheCpu() {
        List<PolicyConfig> ways = new ArrayList<>();
        for (Precision precision : Precision.values()) {
            for (boolean recompute : new boolean[] {false, true}) {
                ways.add(new PolicyConfig(PolicyConfig.Mode.FULL, LORA, precision, recompute, 1));
                ways.add(new PolicyConfig(PolicyConfig.Mode.LORA, LORA, precision, recompute, 1));
            }
        }
        for (PolicyConfig train : ways) {
            try (Policy onCpu = policy(train, TorchDevice.CPU);
                    Policy onGpu = policy(train, TorchDevice.of(DeviceChoice.GPU))) {
                Map<String, float[]> expected = gradients(onCpu);
                Map<String, float[]> actual = gradients(onGpu);
                assertEquals(expected.keySet(), actual.keySet());
                double error = 0;
                double length = 0;
                for (String key : expected.keySet()) {
                    for (int i = 0; i < expected.get(key).length; i++) {
                        error += Math.pow(actual.get(key)[i] - expected.get(key)[i], 2);
                        length += Math.pow(expected.get(key)[i], 2);
                    }
                }
                double limit = train.precision() == Precision.FP32 ? 1e-4 : 5e-2;
                assertTrue(error <= limit * limit * length, "%s: %s of %s".formatted(train, error, length));
            }
        }
    }

    @Test
    void whatIsRememberedIsRestoredToTheBit() {
        PolicyConfig train = new PolicyConfig(PolicyConfig.Mode.FULL, LORA, Precision.FP32, false, 1);
        TorchDevice gpu = TorchDevice.of(DeviceChoice.GPU);
        try (Policy trained = policy(train, gpu);
                Policy restored = policy(train, gpu)) {
            trained.update(0, RATE, List.of(group), new Advantages(new double[][] {ADVANTAGES}), true);
            restored.restore(new WeightGroups(trained.state()));
            trained.state().forEach((name, values) -> {
                Weights after = restored.state().get(name);
                values.shapes().keySet().forEach(key -> assertArrayEquals(values.floats(key), after.floats(key), key));
            });
        }
    }

    /** A sync reads all weights; what that leaves behind would pile up. A reading of this policy is some 10 kB, its arrays a page each. */
    @Test
    void readingWeightsLeavesNothingBehind() {
        PolicyConfig train = new PolicyConfig(PolicyConfig.Mode.FULL, LORA, Precision.FP32, false, 1);
        TorchDevice gpu = TorchDevice.of(DeviceChoice.GPU);
        try (Policy policy = policy(train, gpu)) {
            Weights read = policy.rolloutWeights();
            read.shapes().keySet().forEach(read::floats);
            long before = gpu.memory().orElseThrow().getUsed();
            for (int i = 0; i < READINGS; i++) {
                read.shapes().keySet().forEach(read::floats);
            }
            assertTrue(gpu.memory().orElseThrow().getUsed() - before <= 2 << 20); // one block of libtorch's
        }
    }
}
