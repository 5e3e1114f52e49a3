package mixgrpo.trainer.torchscript;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.weights.Weights;

/**
 * The weights of a network with its adapters folded in, {@code W + alpha / rank * B A} in float32: what an engine without
 * adapters needs. A view of the parameters.
 */
public final class MergedWeights implements Weights {

    private final Weights parameters;
    private final LoraConfig lora;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    /** @param parameters of the network and its adapters */
    public MergedWeights(Weights parameters, LoraConfig lora) {
        this.parameters = parameters;
        this.lora = lora;
        parameters.shapes().forEach((key, shape) -> {
            if (!LoraConfig.isAdapter(key)) {
                shapes.put(key, shape);
            }
        });
    }

    @Override
    public Map<String, long[]> shapes() {
        return shapes;
    }

    @Override
    public void read(String key, FloatBuffer target) {
        String layer = key.endsWith(".weight") ? key.substring(0, key.length() - ".weight".length()) : key;
        if (!parameters.shapes().containsKey(layer + LoraConfig.A)) {
            parameters.read(key, target);
            return;
        }
        float[] weight = parameters.floats(key);
        float[] a = parameters.floats(layer + LoraConfig.A);
        float[] b = parameters.floats(layer + LoraConfig.B);
        int rank = lora.rank();
        int in = a.length / rank;
        float scale = (float) lora.scale();
        for (int row = 0; row < b.length / rank; row++) {
            for (int r = 0; r < rank; r++) {
                float factor = scale * b[row * rank + r];
                for (int column = 0; column < in; column++) {
                    weight[row * in + column] += factor * a[r * in + column];
                }
            }
        }
        target.put(weight);
    }
}
