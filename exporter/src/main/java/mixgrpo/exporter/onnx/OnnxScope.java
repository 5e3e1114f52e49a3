package mixgrpo.exporter.onnx;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Scope;
import mixgrpo.models.Tensor;

/** Records one stage into a graph. Nodes are called by their layer's or stage's path and their operator. */
final class OnnxScope implements Scope {

    private final OnnxGraph graph;
    private final OnnxOptions options;
    private final Adapters adapters;
    private final NamedStage stage;
    private final Map<String, OnnxTensor> taps = new LinkedHashMap<>();

    OnnxScope(OnnxGraph graph, OnnxOptions options, Adapters adapters, NamedStage stage) {
        this.graph = graph;
        this.options = options;
        this.adapters = adapters;
        this.stage = stage;
    }

    OnnxGraph graph() {
        return graph;
    }

    OnnxOptions options() {
        return options;
    }

    /** Tapped values by their full keys. */
    Map<String, OnnxTensor> taps() {
        return taps;
    }

    @Override
    public OnnxTensor param(String name, long... shape) {
        return weight(name, ElementType.FLOAT, shape);
    }

    /** A parameter as an operand of that type. */
    OnnxTensor weight(String name, ElementType type, long... shape) {
        return cast(name, stored(name, type, shape), type);
    }

    /**
     * A parameter as it is stored: as it is computed with, unless the options say otherwise.
     *
     * @param computed what it is computed with
     */
    private OnnxTensor stored(String name, ElementType computed, long... shape) {
        String key = stage.key(name);
        Parameter parameter = graph.parameter(key, options.stored().getOrDefault(key, computed), shape);
        return new OnnxTensor(this, key, Shape.of(shape), parameter.type());
    }

    /** A value in another type; all who ask share it. */
    OnnxTensor cast(String layer, OnnxTensor value, ElementType type) {
        if (value.type() == type) {
            return value;
        }
        return graph.shared("%s as %s".formatted(value.name(), type), () -> node(
                        layer,
                        "Cast",
                        List.of(value.shape()),
                        List.of(value.name()),
                        type,
                        Attribute.of("to", type.code()))
                .get(0));
    }

    /** The type in which a layer is computed. */
    ElementType type(String layer) {
        return options.precision().of(stage.key(layer));
    }

    @Override
    public OnnxTensor linear(String name, Tensor x, int in, int out) {
        OnnxTensor product = product(name, x, in, out);
        OnnxTensor bias = weight(name + ".bias", product.type(), out);
        OnnxTensor sum = node(name, "Add", product.type(), product.shape(), List.of(product.name(), bias.name()));
        return adapters.added(this, stage.key(name), name, (OnnxTensor) x, cast(name, sum, ElementType.FLOAT));
    }

    @Override
    public OnnxTensor linearWithoutBias(String name, Tensor x, int in, int out) {
        OnnxTensor product = product(name, x, in, out);
        return adapters.added(this, stage.key(name), name, (OnnxTensor) x, cast(name, product, ElementType.FLOAT));
    }

    /**
     * The product in the layer's own type. The weight is stored {@code [out, in]} and turned in the graph: ONNX Runtime folds the Transpose into the weight when it
     * loads the model and packs the result, so that a pass costs what it would with {@code [in, out]}.
     */
    private OnnxTensor product(String name, Tensor x, int in, int out) {
        OnnxTensor input = ((OnnxTensor) x).computed();
        Extent channels = input.shape().last();
        if (channels.isConstant() && !channels.is(in)) {
            throw new IllegalStateException(
                    "linear '%s' needs %d channels on the last axis, got %s".formatted(name, in, input.shape()));
        }
        ElementType type = type(name);
        OnnxTensor turned = turned(name, weight(name + ".weight", type, out, in));
        Shape shape = input.shape().with(-1, Extent.of(out));
        if (QuantizedLinear.suits(options, name, input.shape(), in, out)) {
            return new QuantizedLinear(this, name).product(input, turned, shape);
        }
        return node(name, "MatMul", type, shape, List.of(cast(name, input, type).name(), turned.name()));
    }

    /** A matrix of the layer, transposed. */
    OnnxTensor turned(String layer, OnnxTensor matrix) {
        return node(
                layer,
                "Transpose",
                matrix.type(),
                matrix.shape().permute(1, 0),
                List.of(matrix.name()),
                Attribute.of("perm", 1, 0));
    }

    @Override
    public OnnxTensor conv2d(String name, Tensor x, int in, int out, int kernel, int stride, int padding) {
        OnnxTensor image = (OnnxTensor) x;
        ElementType type = type(name);
        OnnxTensor weight = weight(name + ".weight", type, out, in, kernel, kernel);
        OnnxTensor bias = weight(name + ".bias", type, out);
        if (image.shape().rank() != 4 || !image.shape().get(1).is(in)) {
            throw new IllegalStateException(
                    "convolution '%s' needs [B, %d, H, W], got %s".formatted(name, in, image.shape()));
        }
        Shape shape = image.shape().with(1, Extent.of(out));
        for (int axis = 2; axis < 4; axis++) {
            Extent room = image.shape().get(axis).plus(2L * padding - kernel);
            shape = shape.with(axis, room.over(stride).plus(1));
        }
        OnnxTensor result = node(
                name,
                "Conv",
                type,
                shape,
                List.of(cast(name, image.computed(), type).name(), weight.name(), bias.name()),
                Attribute.of("kernel_shape", kernel, kernel),
                Attribute.of("strides", stride, stride),
                Attribute.of("pads", padding, padding, padding, padding));
        return cast(name, result, ElementType.FLOAT);
    }

    @Override
    public OnnxTensor embedding(String name, Tensor ids, int rows, int dim) {
        OnnxTensor picked = (OnnxTensor) ids;
        if (!picked.ids()) {
            throw new IllegalStateException("embedding '%s' needs ids, got float32 %s".formatted(name, picked.shape()));
        }
        OnnxTensor weight = stored(name + ".weight", options.precision().type(), rows, dim);
        OnnxTensor row = node(
                name,
                "Gather",
                weight.type(),
                picked.shape().append(Extent.of(dim)),
                List.of(weight.name(), picked.name()));
        return cast(name, row, ElementType.FLOAT);
    }

    @Override
    public Tensor tap(String name, Tensor value) {
        taps.put(stage.key(name), (OnnxTensor) value);
        return value;
    }

    /** Adds a node of one float32 output to the layer {@code layer} (relative to the stage). */
    OnnxTensor node(String layer, String op, Shape shape, List<String> inputs, Attribute... attributes) {
        return node(layer, op, ElementType.FLOAT, shape, inputs, attributes);
    }

    /** Adds a node of one output. */
    OnnxTensor node(
            String layer, String op, ElementType type, Shape shape, List<String> inputs, Attribute... attributes) {
        return node(layer, op, List.of(shape), inputs, type, attributes).get(0);
    }

    /** Adds a node with one output a shape. */
    List<OnnxTensor> node(
            String layer,
            String op,
            List<Shape> shapes,
            List<String> inputs,
            ElementType type,
            Attribute... attributes) {
        String called = graph.unused(stage.key(layer) + "/" + op);
        List<OnnxTensor> outputs = IntStream.range(0, shapes.size())
                .mapToObj(
                        i -> new OnnxTensor(this, shapes.size() == 1 ? called : called + ":" + i, shapes.get(i), type))
                .toList();
        graph.add(new OnnxGraph.Node(
                called, op, inputs, outputs.stream().map(OnnxTensor::value).toList(), List.of(attributes)));
        return outputs;
    }
}
