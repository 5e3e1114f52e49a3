package mixgrpo.runtime.engine;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Weights;

/** y = relu(x up.weight + up.bias) down.weight + down.bias over x [batch, width], hidden layer of the given size. */
record Mlp(int width, int hidden) {

    OnnxBytes graph() {
        return computed(ports().parameter("up.weight", width, hidden)
                .parameter("up.bias", hidden)
                .parameter("down.weight", hidden, width)
                .parameter("down.bias", width));
    }

    /** The same with its weights as inputs. */
    OnnxBytes graphOfInputs() {
        return computed(ports().input("up.weight", OnnxBytes.FLOAT, width, hidden)
                .input("up.bias", OnnxBytes.FLOAT, hidden)
                .input("down.weight", OnnxBytes.FLOAT, hidden, width)
                .input("down.bias", OnnxBytes.FLOAT, width));
    }

    private OnnxBytes ports() {
        return new OnnxBytes().input("x", OnnxBytes.FLOAT, "batch", width).output("y", OnnxBytes.FLOAT, "batch", width);
    }

    private static OnnxBytes computed(OnnxBytes graph) {
        return graph.node("MatMul", "a", "x", "up.weight")
                .node("Add", "b", "a", "up.bias")
                .node("Relu", "c", "b")
                .node("MatMul", "d", "c", "down.weight")
                .node("Add", "y", "d", "down.bias");
    }

    OrtEngine engine(Weights weights) {
        OnnxBytes graph = graph();
        return new OrtEngine("mlp", graph.model(), graph.parameters(), weights);
    }

    ArrayWeights weights(long seed) {
        Random random = new Random(seed);
        ArrayWeights weights = new ArrayWeights(new LinkedHashMap<>(), new LinkedHashMap<>());
        graph().parameters().forEach((key, shape) -> weights.put(key, shape, random(random, elements(shape))));
        return weights;
    }

    float[] expected(Weights weights, float[] x) {
        float[] y = new float[x.length];
        float[] upWeight = weights.floats("up.weight");
        float[] upBias = weights.floats("up.bias");
        float[] downWeight = weights.floats("down.weight");
        float[] downBias = weights.floats("down.bias");
        for (int row = 0; row < x.length; row += width) {
            double[] h = new double[hidden];
            for (int j = 0; j < hidden; j++) {
                double sum = upBias[j];
                for (int i = 0; i < width; i++) {
                    sum += x[row + i] * (double) upWeight[i * hidden + j];
                }
                h[j] = Math.max(0, sum);
            }
            for (int i = 0; i < width; i++) {
                double sum = downBias[i];
                for (int j = 0; j < hidden; j++) {
                    sum += h[j] * downWeight[j * width + i];
                }
                y[row + i] = (float) sum;
            }
        }
        return y;
    }

    static float[] random(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static int elements(long[] shape) {
        int elements = 1;
        for (long extent : shape) {
            elements *= (int) extent;
        }
        return elements;
    }

    record ArrayWeights(Map<String, long[]> shapes, Map<String, float[]> values) implements Weights {

        void put(String key, long[] shape, float[] array) {
            shapes.put(key, shape);
            values.put(key, array);
        }

        @Override
        public void read(String key, FloatBuffer target) {
            target.put(values.get(key));
        }
    }
}
