package mixgrpo.runtime.tensorrt;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.bytedeco.tensorrt.nvonnxparser.IParser;
import org.bytedeco.tensorrt.nvonnxparser.IParserError;
import org.bytedeco.tensorrt.nvonnxparser.IParserRefitter;

/** What the ONNX parser found wrong, in words. */
final class ParserErrors {

    private ParserErrors() {}

    static String of(IParser parser, TensorRtLog log) {
        return words(parser.getNbErrors(), parser::getError, log);
    }

    static String of(IParserRefitter parser, TensorRtLog log) {
        return words(parser.getNbErrors(), parser::getError, log);
    }

    private static String words(int count, IntFunction<IParserError> errors, TensorRtLog log) {
        if (count == 0) {
            return log.error();
        }
        List<String> words = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            IParserError error = errors.apply(i);
            words.add("%s (node '%s', operator %s)".formatted(error.desc(), error.nodeName(), error.nodeOperator()));
        }
        return String.join("; ", words);
    }
}
