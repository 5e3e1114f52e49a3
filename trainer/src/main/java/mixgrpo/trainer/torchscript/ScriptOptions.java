package mixgrpo.trainer.torchscript;

import java.util.Objects;
import java.util.Optional;

/**
 * How a network is written as TorchScript.
 *
 * @param precision of linear layers and convolutions
 * @param recompute keep only what passes between stages and compute each stage again for its backward pass
 * @param lora adapters to train instead of the weights, or empty for full training
 */
public record ScriptOptions(Precision precision, boolean recompute, Optional<LoraConfig> lora) {

    public ScriptOptions {
        Objects.requireNonNull(precision, "precision");
        Objects.requireNonNull(lora, "lora");
    }

    /** Full training in float32 without recomputation. */
    public static ScriptOptions plain() {
        return new ScriptOptions(Precision.FP32, false, Optional.empty());
    }
}
