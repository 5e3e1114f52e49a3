package mixgrpo.exporter.onnx;

import java.util.List;

/**
 * An input or output of a graph.
 *
 * @param name in the file
 * @param type of its elements
 * @param axes extent of every axis: a number, a symbol of the network's inputs, or a formula of such symbols
 */
public record OnnxValue(String name, ElementType type, List<String> axes) {

    public OnnxValue {
        axes = List.copyOf(axes);
    }

    /** Whether these are whole numbers that pick rows. */
    public boolean ids() {
        return type == ElementType.INT64;
    }

    /** As {@code ValueInfoProto}. */
    Protobuf toProto() {
        Protobuf shape = new Protobuf();
        for (String axis : axes) {
            Extent extent = Extent.parse(axis);
            shape.message(
                    1, extent.isConstant() ? new Protobuf().number(1, extent.value()) : new Protobuf().text(2, axis));
        }
        Protobuf tensor = new Protobuf().number(1, type.code()).message(2, shape);
        return new Protobuf().text(1, name).message(2, new Protobuf().message(1, tensor));
    }

    /** {@code name[axis, axis]}. */
    @Override
    public String toString() {
        return (type == ElementType.FLOAT ? "" : type + " ") + name + axes;
    }
}
