package mixgrpo.trainer.policy;

import mixgrpo.runtime.workers.Workers;
import mixgrpo.trainer.libtorch.TorchDevice;

/**
 * What a policy is computed by.
 *
 * @param device where its parameters, moments and passes are
 * @param workers that compute gradients of prompts side by side; whoever made them closes them
 */
public record Compute(TorchDevice device, Workers workers) {

    public Compute {
        if (device.isGpu() && workers.count() > 1) {
            throw new IllegalArgumentException(
                    "workers of a policy on %s: expected 1, which keeps it busy, and each takes its memory; got %d"
                            .formatted(device, workers.count()));
        }
    }

    /** These workers on the CPU; on a GPU the caller alone. */
    public static Compute of(TorchDevice device, Workers workers) {
        return new Compute(device, device.isGpu() ? Workers.one() : workers);
    }
}
