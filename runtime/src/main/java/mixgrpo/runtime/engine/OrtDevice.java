package mixgrpo.runtime.engine;

import java.util.OptionalInt;

/**
 * Where ONNX Runtime computes.
 *
 * @param gpu the number of an NVIDIA GPU in the driver's order, 0 or more; empty for the CPU
 */
public record OrtDevice(OptionalInt gpu) {

    /** The processors. */
    public static final OrtDevice CPU = new OrtDevice(OptionalInt.empty());

    /** An NVIDIA GPU by the CUDA provider; what that has no kernel for runs on the CPU. */
    public static OrtDevice cuda(int number) {
        if (number < 0) {
            throw new IllegalArgumentException("a GPU's number: expected 0 or more, got %d".formatted(number));
        }
        return new OrtDevice(OptionalInt.of(number));
    }
}
