package mixgrpo.trainer.config;

import java.util.List;
import java.util.stream.IntStream;

/**
 * How pictures are sampled during training (arXiv 2507.21802, section 3).
 *
 * @param width a picture's width in pixels
 * @param height a picture's height in pixels
 * @param guidance the strength that a policy with a guidance embedding is told; without effect on one that has none
 * @param steps how many steps a trajectory has from noise to picture
 * @param schedule how the noise levels are spaced, in training and in evaluation
 * @param shift the shift of the sigma schedule, {@code sigma = shift t / (1 + (shift - 1) t)}; 1 leaves it linear; without effect for
 *     {@code dynamic} and {@code list}
 * @param sigmas for {@code list}: the noise levels, {@code steps} of them and 0
 * @param eta strength of the noise that an SDE step adds; for the {@code cps} kernel the share of the quarter turn, at most 1; without
 *     effect for {@code dpm}
 * @param kernel the law of an SDE step; {@code cps} and {@code dpm} add no noise in the last one, so that no window may hold it
 *     ({@code window.last=-2})
 * @param images pictures of one prompt, the group within which rewards are compared
 * @param sharedNoise whether the images of a prompt start from the same noise, so that the steps before the window are computed once
 * @param batch latents that a network of the rollout sees at once, at the most: its bound of memory; a CPU takes as many of them as suit its caches
 * @param engine what runs the frozen policy; {@code ort-cuda} needs a build with {@code MIXGRPO_PROFILE=ort-cuda}, {@code tensorrt}
 *     one with {@code MIXGRPO_PROFILE=tensorrt}
 * @param precision the number format in which the engine's layers compute: {@code fp32} everywhere, {@code int8} with {@code ort-cpu},
 *     {@code fp16} with {@code ort-cuda} and {@code tensorrt}, {@code bf16} with {@code tensorrt}. Others than {@code fp32} want {@code loss.oldLogProb auto}
 * @param odePrecision the number format of the steps outside the window, whose log-probs nobody needs. {@code int8} (layers in 8-bit
 *     integers) is about 1.6 times as fast on a CPU with such instructions, changes pictures slightly, and takes a second engine
 */
public record RolloutConfig(
        int width,
        int height,
        double guidance,
        int steps,
        Schedule schedule,
        double shift,
        List<Double> sigmas,
        double eta,
        Kernel kernel,
        int images,
        boolean sharedNoise,
        int batch,
        Engine engine,
        Precision precision,
        OdePrecision odePrecision) {

    /** A noise key has room for so many ({@code NoiseKey}). */
    private static final int MAX_STEPS = 1024;

    /** The same for the images of a prompt. */
    private static final int MAX_IMAGES = 65_536;

    /** How the noise levels are spaced. */
    public enum Schedule {
        /** Evenly from 1 to 0, then shifted: the published trainer's, and SD3's with explicit sigmas. */
        SHIFTED,
        /** The same with the shift that FLUX takes from the number of image tokens. */
        DYNAMIC,
        /** SD3's, as its pipeline makes it from a number of steps: shifted twice and cut before 0. */
        SD3,
        /** As {@code sigmas} says. */
        LIST
    }

    /** The law of an SDE step. */
    public enum Kernel {
        /** Flow-GRPO's diffusion, {@code eta sqrt(sigma / (1 - sigma))} (arXiv 2505.05470). */
        FLOW,
        /** DanceGRPO's constant diffusion {@code eta} (arXiv 2505.07818). */
        DANCE,
        /** Coefficients-preserving sampling: the noise level after the step is exact (arXiv 2509.05952). */
        CPS,
        /** The SDE of DPM-Solver++ of order 1 (arXiv 2211.01095). */
        DPM
    }

    /** What runs the frozen policy. */
    public enum Engine {
        /** The fastest one that this machine can run. */
        AUTO,
        /** ONNX Runtime on the CPU. */
        ORT_CPU,
        /** ONNX Runtime on an NVIDIA GPU. */
        ORT_CUDA,
        /** TensorRT on an NVIDIA GPU. */
        TENSORRT
    }

    /** In which precision an engine computes. */
    public enum Precision {
        FP32,
        BF16,
        FP16,
        INT8
    }

    /** The number format of the steps outside the window. */
    public enum OdePrecision {
        FP32,
        INT8
    }

    public RolloutConfig {
        sigmas = List.copyOf(sigmas);
        new Faults()
                .expect(width >= 8 && width % 8 == 0, "rollout.width", "a multiple of 8", width)
                .expect(height >= 8 && height % 8 == 0, "rollout.height", "a multiple of 8", height)
                .notNegative("rollout.guidance", guidance)
                .expect(steps >= 2 && steps <= MAX_STEPS, "rollout.steps", "2..%d".formatted(MAX_STEPS), steps)
                .positive("rollout.shift", shift)
                .expect(
                        schedule != Schedule.LIST || isSchedule(sigmas, steps),
                        "rollout.sigmas",
                        "%d levels that fall from at most 1 to 0, for rollout.steps %d".formatted(steps + 1, steps),
                        sigmas)
                .positive("rollout.eta", eta)
                .expect(kernel != Kernel.CPS || eta <= 1, "rollout.eta", "at most 1 for rollout.kernel cps", eta)
                .expect(
                        images >= 2 && images <= MAX_IMAGES,
                        "rollout.images",
                        "2..%d (an advantage compares the images of a prompt)".formatted(MAX_IMAGES),
                        images)
                .count("rollout.batch", batch)
                .throwIfAny();
    }

    /** Whether the steps outside the window run on a coarser copy of the policy than those in it. */
    public boolean usesCoarseNetwork() {
        return odePrecision == OdePrecision.INT8 && precision != Precision.INT8;
    }

    private static boolean isSchedule(List<Double> sigmas, int steps) {
        boolean falls = IntStream.range(1, sigmas.size()).allMatch(i -> sigmas.get(i) < sigmas.get(i - 1));
        return sigmas.size() == steps + 1 && falls && sigmas.get(0) <= 1 && sigmas.get(steps) == 0;
    }
}
