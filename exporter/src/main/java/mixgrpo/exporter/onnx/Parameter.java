package mixgrpo.exporter.onnx;

import mixgrpo.models.Array;

/**
 * An array of a graph that is known by its key in safetensors files.
 *
 * @param type of its elements in the file, FLOAT, FLOAT16 or BFLOAT16
 */
record Parameter(ElementType type, long[] shape) {

    /** What its elements take in a file. */
    long bytes() {
        return type.bytes(Array.elements(shape));
    }

    /** {@code TensorProto} without its data. */
    Protobuf tensor(String key) {
        return OnnxGraph.tensor(key, type, shape);
    }
}
