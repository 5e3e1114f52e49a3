package mixgrpo.exporter.onnx;

import java.util.ArrayList;
import java.util.List;
import mixgrpo.models.dit.Sinusoid;

/** Nodes around a network that its definition has no words for. */
record Arithmetic(OnnxScope scope) {

    OnnxGraph graph() {
        return scope.graph();
    }

    OnnxTensor node(String op, ElementType type, Shape shape, List<String> inputs, Attribute... attributes) {
        return scope.node("", op, type, shape, inputs, attributes);
    }

    OnnxTensor floats(String op, Shape shape, List<String> inputs, Attribute... attributes) {
        return node(op, ElementType.FLOAT, shape, inputs, attributes);
    }

    OnnxTensor longs(String op, Shape shape, List<String> inputs, Attribute... attributes) {
        return node(op, ElementType.INT64, shape, inputs, attributes);
    }

    /** Extents of the axes from {@code first} to {@code end} (exclusive) as an int64 vector. */
    OnnxTensor extents(OnnxTensor of, int first, int end) {
        return longs(
                "Shape",
                Shape.of(end - first),
                List.of(of.name()),
                Attribute.of("start", first),
                Attribute.of("end", end));
    }

    /** The whole numbers from 0 to the extent of an axis, as a vector. */
    OnnxTensor positions(OnnxTensor of, int axis) {
        String count = longs(
                        "Squeeze",
                        Shape.of(),
                        List.of(extents(of, axis, axis + 1).name()))
                .name();
        return longs(
                "Range", new Shape(List.of(of.shape().get(axis))), List.of(graph().whole(0), count, graph().whole(1)));
    }

    /** With a new axis of extent 1 at that place. */
    OnnxTensor unsqueeze(OnnxTensor value, int axis) {
        Shape shape = value.shape();
        List<Extent> extents = new ArrayList<>(shape.extents());
        extents.add(axis, Extent.of(1));
        return node("Unsqueeze", value.type(), new Shape(extents), List.of(value.name(), graph().longs(axis)));
    }

    /** The rows or columns that {@code indices} name, along the last axis of {@code [N, C]}. */
    OnnxTensor columns(OnnxTensor value, String called, long... indices) {
        return node(
                "Gather",
                value.type(),
                value.shape().with(1, Extent.of(indices.length)),
                List.of(value.name(), graph().table(called, indices)),
                Attribute.of("axis", 1));
    }

    /** {@link Sinusoid} of a vector {@code [B]} times a factor: {@code [B, 256]}. The arguments are float32, as in the reference. */
    OnnxTensor sinusoid(OnnxTensor values, double factor) {
        OnnxTensor arguments = factor == 1 ? values : values.times(factor);
        Shape half = values.shape().append(Extent.of(Sinusoid.CHANNELS / 2));
        OnnxTensor angles = floats(
                "Mul",
                half,
                List.of(unsqueeze(arguments, 1).name(), graph().table("sinusoid.frequencies", Sinusoid.frequencies())));
        return floats(
                "Concat",
                half.with(-1, Extent.of(Sinusoid.CHANNELS)),
                List.of(map("Cos", angles).name(), map("Sin", angles).name()),
                Attribute.of("axis", -1));
    }

    /** A function of every element. */
    OnnxTensor map(String op, OnnxTensor value) {
        return floats(op, value.shape(), List.of(value.name()));
    }
}
