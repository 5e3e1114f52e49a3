package mixgrpo.trainer.eager;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Scope;
import mixgrpo.models.Tensor;

/** The parameters of one stage during one pass. */
final class EagerScope implements Scope {

    private final NamedStage stage;
    private final Function<String, NDArray> parameters;
    private final Map<String, NDArray> taps = new LinkedHashMap<>();

    /** @param parameters arrays by full key, lent to the stage */
    EagerScope(NamedStage stage, Function<String, NDArray> parameters) {
        this.stage = stage;
        this.parameters = parameters;
    }

    /** Tapped values by full key; they belong to the stage. */
    Map<String, NDArray> taps() {
        return taps;
    }

    @Override
    public Tensor param(String name, long... shape) {
        return new EagerTensor(parameter(name, shape));
    }

    @Override
    public Tensor linear(String name, Tensor x, int in, int out) {
        NDArray weight = parameter(name + ".weight", out, in);
        NDArray bias = parameter(name + ".bias", out);
        return new EagerTensor(Linear.linear(EagerTensor.array(x), weight, bias).singletonOrThrow());
    }

    @Override
    public Tensor linearWithoutBias(String name, Tensor x, int in, int out) {
        NDArray weight = parameter(name + ".weight", out, in);
        return new EagerTensor(Linear.linear(EagerTensor.array(x), weight).singletonOrThrow());
    }

    @Override
    public Tensor conv2d(String name, Tensor x, int in, int out, int kernel, int stride, int padding) {
        NDArray weight = parameter(name + ".weight", out, in, kernel, kernel);
        NDArray bias = parameter(name + ".bias", out);
        return new EagerTensor(Conv2d.conv2d(
                        EagerTensor.array(x), weight, bias, new Shape(stride, stride), new Shape(padding, padding))
                .singletonOrThrow());
    }

    @Override
    public Tensor embedding(String name, Tensor ids, int rows, int dim) {
        NDArray weight = parameter(name + ".weight", rows, dim);
        return new EagerTensor(Embedding.embedding(EagerTensor.array(ids), weight, SparseFormat.DENSE)
                .singletonOrThrow());
    }

    @Override
    public Tensor tap(String name, Tensor value) {
        taps.put(stage.key(name), EagerTensor.array(value));
        return value;
    }

    private NDArray parameter(String name, long... shape) {
        String key = stage.key(name);
        NDArray parameter = parameters.apply(key);
        if (!new Shape(shape).equals(parameter.getShape())) {
            throw new IllegalStateException("parameter '%s': expected shape %s, got %s"
                    .formatted(key, Arrays.toString(shape), parameter.getShape()));
        }
        return parameter;
    }
}
