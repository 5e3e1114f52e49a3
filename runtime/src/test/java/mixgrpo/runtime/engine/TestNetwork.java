package mixgrpo.runtime.engine;

import java.util.Map;
import mixgrpo.models.weights.Weights;

/** The small network that engines are tried with, for tests of other packages: x [batch, width] to y of the same shape. */
public record TestNetwork(int width, int hidden) {

    private Mlp mlp() {
        return new Mlp(width, hidden);
    }

    /** ONNX without the weights. */
    public byte[] skeleton() {
        return mlp().graph().model();
    }

    public Map<String, long[]> parameters() {
        return mlp().graph().parameters();
    }

    public Weights weights(long seed) {
        return mlp().weights(seed);
    }

    public float[] expected(Weights weights, float[] x) {
        return mlp().expected(weights, x);
    }
}
