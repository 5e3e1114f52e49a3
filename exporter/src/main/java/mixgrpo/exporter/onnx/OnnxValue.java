package mixgrpo.exporter.onnx;

import java.util.List;

/**
 * An input or output of a graph.
 *
 * @param name in the file
 * @param ids whole numbers (int64); everything else is float32
 * @param axes extent of every axis: a number, a symbol of the network's inputs, or a formula of such symbols
 */
public record OnnxValue(String name, boolean ids, List<String> axes) {

    static final int FLOAT = 1;
    static final int INT8 = 3;
    static final int INT64 = 7;

    public OnnxValue {
        axes = List.copyOf(axes);
    }

    /** As {@code ValueInfoProto}. */
    Protobuf toProto() {
        Protobuf shape = new Protobuf();
        for (String axis : axes) {
            Extent extent = Extent.parse(axis);
            shape.message(
                    1, extent.isConstant() ? new Protobuf().number(1, extent.value()) : new Protobuf().text(2, axis));
        }
        Protobuf tensor = new Protobuf().number(1, ids ? INT64 : FLOAT).message(2, shape);
        return new Protobuf().text(1, name).message(2, new Protobuf().message(1, tensor));
    }

    /** {@code name[axis, axis]}. */
    @Override
    public String toString() {
        return (ids ? "int64 " : "") + name + axes;
    }
}
