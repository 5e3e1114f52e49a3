package mixgrpo.trainer.torchscript;

/**
 * What linear layers and convolutions compute in. Parameters, gradients, norms, softmax and everything between layers stay
 * float32 either way.
 */
public enum Precision {
    FP32,
    BF16
}
