package mixgrpo.trainer.torchscript;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * Overwrites arrays in place, leaves of the gradient graph among them. DJL's own {@code NDArray.set} does it through an interface that
 * libtorch has deprecated and warns about on standard error.
 */
final class InPlaceCopy implements AutoCloseable {

    private static final String CODE =
            """
            class Copy(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              def copy(self: __torch__.Copy, t: List[Tensor], s: List[Tensor]) -> List[Tensor]:
                torch._foreach_copy_(t, s)
                return [t[0]]
            """;

    private final NDManager manager;
    private final ScriptModule module;

    /** @param manager in whose submanagers copies live for a moment */
    InPlaceCopy(NDManager manager) {
        this.manager = manager;
        module = new ScriptModule(manager, "Copy", CODE);
    }

    /** Overwrites a float32 array with {@code values}, as many as it has. */
    void into(NDArray target, float[] values) {
        try (NDManager step = manager.newSubManager()) {
            NDArray source = ArrayTransfer.floats(step, values, target.getShape());
            module.call(step, "copy", List.of(target), List.of(source));
        }
    }

    @Override
    public void close() {
        module.close();
    }
}
