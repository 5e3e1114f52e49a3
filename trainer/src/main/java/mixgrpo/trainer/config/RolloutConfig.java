package mixgrpo.trainer.config;

/**
 * How pictures are sampled during training (arXiv 2507.21802, section 3).
 *
 * @param width a picture's width in pixels
 * @param height a picture's height in pixels
 * @param guidance the strength that a policy with a guidance embedding is told; without effect on one that has none
 * @param steps how many steps a trajectory has from noise to picture
 * @param shift the shift of the sigma schedule, {@code sigma = shift t / (1 + (shift - 1) t)}; 1 leaves it linear
 * @param eta strength of the noise that an SDE step adds; for the {@code cps} kernel the share of the quarter turn, at most 1
 * @param kernel the law of an SDE step
 * @param images pictures of one prompt, the group within which rewards are compared
 * @param sharedNoise whether the images of a prompt start from the same noise, so that the steps before the window are computed once
 * @param engine what runs the frozen policy; {@code ort-cuda} and {@code tensorrt} are not part of this build
 * @param precision the number format in which the engine computes; {@code ort-cpu} takes {@code fp32} only
 */
public record RolloutConfig(
        int width,
        int height,
        double guidance,
        int steps,
        double shift,
        double eta,
        Kernel kernel,
        int images,
        boolean sharedNoise,
        Engine engine,
        Precision precision) {

    /** The law of an SDE step. */
    public enum Kernel {
        /** Flow-GRPO's diffusion, {@code eta sqrt(sigma / (1 - sigma))} (arXiv 2505.05470). */
        FLOW,
        /** DanceGRPO's constant diffusion {@code eta} (arXiv 2505.07818). */
        DANCE,
        /** Coefficients-preserving sampling: the noise level after the step is exact (arXiv 2509.05952). */
        CPS
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
        FP16
    }

    public RolloutConfig {
        new Faults()
                .expect(width >= 8 && width % 8 == 0, "rollout.width", "a multiple of 8", width)
                .expect(height >= 8 && height % 8 == 0, "rollout.height", "a multiple of 8", height)
                .notNegative("rollout.guidance", guidance)
                .expect(steps >= 2, "rollout.steps", "2 or more", steps)
                .positive("rollout.shift", shift)
                .positive("rollout.eta", eta)
                .expect(kernel != Kernel.CPS || eta <= 1, "rollout.eta", "at most 1 for rollout.kernel cps", eta)
                .expect(
                        images >= 2,
                        "rollout.images",
                        "2 or more (an advantage compares the images of a prompt)",
                        images)
                .throwIfAny();
    }
}
