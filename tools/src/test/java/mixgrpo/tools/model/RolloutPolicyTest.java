package mixgrpo.tools.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.LoraFactors;
import mixgrpo.models.lora.MergedWeights;
import mixgrpo.models.weights.OverlaidWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.runtime.text.TextEncoder;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.trainer.config.SyncConfig;
import mixgrpo.trainer.pretrain.Initialization;
import org.junit.jupiter.api.Test;

class RolloutPolicyTest {

    /** Wide enough that its layers are worth quantizing. */
    private static final FluxConfig WIDE = new FluxConfig(16, 16, 1, 1, 32, 4, 384, 384, false, List.of(8, 12, 12));

    private static final FluxInputs INPUTS =
            new FluxInputs(WIDE, new LatentPacking(4, 8, 8), ImageModel.BUILT_IN_TEXT_LENGTH, 3.5);
    private static final Plan EXACT = Plan.ode(SigmaSchedule.shifted(4, 3), DpmSolver.FIRST_ORDER);
    private static final Plan COARSE = EXACT.withUnscoredBy(Step.Network.TUNED_COARSE);

    private static Weights weights(long seed) {
        return new Initialization(Inventory.parameters(FluxTransformer.of(WIDE)), key -> false, seed);
    }

    private static float[] latents(RolloutPolicy policy, Plan plan) {
        Random random = new Random(3);
        float[][] noise = new float[2][INPUTS.elements()];
        for (float[] row : noise) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        float[] states = new float[ImageModel.BUILT_IN_TEXT_LENGTH * TextEncoder.WIDTH];
        Arrays.fill(states, .1f);
        TextEmbedding text = new TextEmbedding(
                ImageModel.BUILT_IN_TEXT_LENGTH,
                ImageModel.BUILT_IN_TEXT_LENGTH,
                states,
                Arrays.copyOf(states, TextEncoder.WIDTH));
        float[][][] result = new float[1][][];
        policy.sampler().draw(plan, List.of(text, text), noise, rows -> {
            result[0] = rows.clone();
            return List.of();
        });
        return result[0][1].clone();
    }

    @Test
    void coarseStepsDifferSlightly() {
        try (RolloutPolicy policy =
                new RolloutPolicy(EngineKind.ORT_CPU, INPUTS, weights(1), 24, true, Workers.one())) {
            float[] exact = latents(policy, EXACT);
            float[] coarse = latents(policy, COARSE);
            assertFalse(Arrays.equals(exact, coarse));
            double difference = 0;
            double size = 0;
            for (int i = 0; i < exact.length; i++) {
                difference += Math.pow(exact[i] - coarse[i], 2);
                size += Math.pow(exact[i], 2);
            }
            // A level is 1/255 of the range of all activations; some layers on, that is a few hundredths.
            assertTrue(Math.sqrt(difference / size) < .03, "relative difference " + Math.sqrt(difference / size));
        }
    }

    @Test
    void newWeightsReachBothEngines() {
        try (RolloutPolicy policy = new RolloutPolicy(EngineKind.ORT_CPU, INPUTS, weights(1), 24, true, Workers.one());
                RolloutPolicy other =
                        new RolloutPolicy(EngineKind.ORT_CPU, INPUTS, weights(2), 24, true, Workers.one())) {
            assertFalse(Arrays.equals(latents(other, COARSE), latents(policy, COARSE)));
            policy.update(weights(2));
            assertArrayEquals(latents(other, EXACT), latents(policy, EXACT));
            assertArrayEquals(latents(other, COARSE), latents(policy, COARSE));
        }
    }

    @Test
    void weightsAsInputsGiveTheSamePictures() {
        try (RolloutPolicy session =
                        new RolloutPolicy(EngineKind.ORT_CPU, INPUTS, weights(2), 24, true, Workers.one());
                RolloutPolicy inputs = new RolloutPolicy(
                        new PolicyEngine(EngineKind.ORT_CPU, Precision.FP32, SyncConfig.Mode.INPUTS),
                        INPUTS,
                        weights(1),
                        24,
                        true,
                        Workers.one())) {
            inputs.update(weights(2));
            assertArrayEquals(latents(session, EXACT), latents(inputs, EXACT), TOLERANCE);
            assertArrayEquals(latents(session, COARSE), latents(inputs, COARSE), "the 8-bit copy has sessions");
            inputs.update(weights(3));
            assertFalse(Arrays.equals(latents(session, EXACT), latents(inputs, EXACT)));
        }
    }

    /** The same graph that the coarse steps of another policy run on. */
    @Test
    void aWholePolicyMayBeIn8BitIntegers() {
        for (SyncConfig.Mode mode : List.of(SyncConfig.Mode.SESSION, SyncConfig.Mode.INPUTS)) {
            PolicyEngine choice = new PolicyEngine(EngineKind.ORT_CPU, Precision.INT8, mode);
            try (RolloutPolicy other =
                            new RolloutPolicy(EngineKind.ORT_CPU, INPUTS, weights(2), 24, true, Workers.one());
                    RolloutPolicy int8 = new RolloutPolicy(choice, INPUTS, weights(1), 24, false, Workers.one())) {
                assertFalse(Arrays.equals(latents(other, COARSE), latents(int8, EXACT)));
                int8.update(weights(2));
                assertArrayEquals(latents(other, COARSE), latents(int8, EXACT), TOLERANCE, "" + mode);
                assertFalse(Arrays.equals(latents(other, EXACT), latents(int8, EXACT)));
            }
        }
    }

    /** On a CPU ONNX Runtime computes such products in float32, of rounded numbers. */
    @Test
    void adaptersAreExchangedAloneBesideWeightsInHalfPrecision() {
        PolicyEngine choice = new PolicyEngine(EngineKind.ORT_CPU, Precision.FP16, SyncConfig.Mode.SESSION);
        try (RolloutPolicy half = new RolloutPolicy(choice, INPUTS, beside(lora(7)), 24, false, Workers.one());
                RolloutPolicy other = new RolloutPolicy(choice, INPUTS, beside(lora(8)), 24, false, Workers.one());
                RolloutPolicy exact =
                        new RolloutPolicy(EngineKind.ORT_CPU, INPUTS, beside(lora(8)), 24, false, Workers.one())) {
            float[] base = latents(half, EXACT.hybrid(0));
            assertFalse(Arrays.equals(latents(other, EXACT), latents(half, EXACT)));
            half.update(lora(8).parameters(1));
            assertArrayEquals(latents(other, EXACT), latents(half, EXACT));
            assertArrayEquals(base, latents(half, EXACT.hybrid(0)));
            assertArrayEquals(latents(exact, EXACT), latents(half, EXACT), .05f);
        }
    }

    @Test
    void plansThatAskForAMissingEngineAreRefused() {
        try (RolloutPolicy policy = new RolloutPolicy(EngineKind.ORT_CPU, INPUTS, weights(1))) {
            assertThrows(IllegalArgumentException.class, () -> latents(policy, COARSE));
        }
    }

    /** Adapters of the attention, of scale 1. */
    private static Lora lora(long seed) {
        Random random = new Random(seed);
        Map<String, LoraFactors> modules = new LinkedHashMap<>();
        weights(1).shapes().forEach((key, shape) -> {
            if (key.matches(".*attn\\.to_[qkv]\\.weight")) {
                modules.put(
                        key.substring(0, key.length() - ".weight".length()),
                        new LoraFactors(
                                Array.of(gaussians(random, 4 * (int) shape[1]), 4, shape[1]),
                                Array.of(gaussians(random, 4 * (int) shape[0]), shape[0], 4),
                                1));
            }
        });
        return new Lora(modules);
    }

    private static float[] gaussians(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (.1 * random.nextGaussian());
        }
        return values;
    }

    private static Weights beside(Lora lora) {
        return new OverlaidWeights(weights(1), lora.parameters(1));
    }

    /** Float32 sums in another order over four steps. */
    private static final float TOLERANCE = 1e-4f;

    @Test
    void oneEngineWithAdaptersGivesTunedAndBase() {
        Weights merged = MergedWeights.of(weights(1), lora(7), "test");
        try (RolloutPolicy adapted =
                        new RolloutPolicy(EngineKind.ORT_CPU, INPUTS, beside(lora(7)), 24, false, Workers.one());
                RolloutPolicy two = new RolloutPolicy(
                        PolicyEngine.plain(EngineKind.ORT_CPU),
                        INPUTS,
                        Optional.of(merged),
                        Optional.of(weights(1)),
                        24)) {
            for (double share : new double[] {0, .5, 1}) {
                assertArrayEquals(
                        latents(two, EXACT.hybrid(share)),
                        latents(adapted, EXACT.hybrid(share)),
                        TOLERANCE,
                        "" + share);
            }
            assertFalse(Arrays.equals(latents(two, EXACT.hybrid(0)), latents(two, EXACT.hybrid(1))));
        }
    }

    @Test
    void adaptersAreExchangedAloneInBothEnginesAndLeaveTheBaseAsItIs() {
        try (RolloutPolicy policy =
                        new RolloutPolicy(EngineKind.ORT_CPU, INPUTS, beside(lora(7)), 24, true, Workers.one());
                RolloutPolicy other =
                        new RolloutPolicy(EngineKind.ORT_CPU, INPUTS, beside(lora(8)), 24, true, Workers.one())) {
            float[] base = latents(policy, EXACT.hybrid(0));
            assertFalse(Arrays.equals(latents(other, COARSE), latents(policy, COARSE)));
            policy.update(lora(8).parameters(1));
            assertArrayEquals(latents(other, EXACT), latents(policy, EXACT));
            assertArrayEquals(latents(other, COARSE), latents(policy, COARSE));
            assertArrayEquals(base, latents(policy, EXACT.hybrid(0)));
        }
    }
}
