package mixgrpo.exporter.onnx;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.onnx.ModelProto;
import org.bytedeco.onnx.global.onnx;

/** The official checker: structure, operators of the operator set, shape inference. */
final class Checker {

    private Checker() {}

    static {
        Loader.load(onnx.class);
    }

    /** @throws RuntimeException of the checker, with its reason */
    static void check(byte[] model) {
        try (BytePointer bytes = new BytePointer(model);
                ModelProto proto = new ModelProto()) {
            onnx.ParseProtoFromBytes(proto, bytes, model.length);
            onnx.check_model(proto, true, false, true);
        }
    }
}
