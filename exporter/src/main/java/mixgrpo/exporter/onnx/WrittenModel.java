package mixgrpo.exporter.onnx;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An ONNX file with what belongs to it, written or planned.
 *
 * @param file {@code model.onnx}
 * @param graphBytes of the file itself
 * @param dataBytes of the data file beside it; 0 if there is none
 * @param sources files of the model that it points into, each with how many bytes of it
 * @param beside keys that it could not point to, so that they are in the data file
 * @param sha256 of the values that were written, in hexadecimal; empty where none were, or not yet
 */
public record WrittenModel(
        Path file,
        long graphBytes,
        long dataBytes,
        Map<Path, Long> sources,
        List<String> beside,
        Optional<String> sha256) {

    public WrittenModel {
        beside = List.copyOf(beside);
    }
}
