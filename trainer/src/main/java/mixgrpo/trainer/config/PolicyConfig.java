package mixgrpo.trainer.config;

import mixgrpo.trainer.torchscript.LoraConfig;
import mixgrpo.trainer.torchscript.Precision;

/**
 * Which weights of the policy are trained and how their gradients are computed (head {@code train}).
 *
 * @param mode whether all weights are trained or adapters
 * @param lora rank, alpha and targets of the adapters; without effect in mode {@code full}
 * @param precision the number format of linear layers and convolutions in training; weights and gradients stay float32
 * @param recompute whether activations are computed again in the backward pass instead of being kept
 * @param keep share of an iteration's images, those with the largest absolute advantage, that gradients are computed for
 */
public record PolicyConfig(Mode mode, LoraConfig lora, Precision precision, boolean recompute, double keep) {

    /** Which weights are trained. */
    public enum Mode {
        FULL,
        /** Low-rank adapters (arXiv 2106.09685). */
        LORA
    }

    public PolicyConfig {
        new Faults().share("train.keep", keep).throwIfAny();
    }
}
