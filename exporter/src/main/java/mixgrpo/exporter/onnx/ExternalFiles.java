package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.weights.Problems;

/**
 * The files that hold values of an ONNX file's initializers.
 *
 * @param model the ONNX file
 * @param ends where the last value ends, by location
 */
record ExternalFiles(Path model, Map<String, Long> ends) {

    ExternalFiles(Path model, List<OnnxFile.Initializer> initializers) {
        this(model, ends(initializers));
    }

    private static Map<String, Long> ends(List<OnnxFile.Initializer> initializers) {
        Map<String, Long> ends = new LinkedHashMap<>();
        for (OnnxFile.Initializer initializer : initializers) {
            if (initializer.location() != null && !initializer.location().isEmpty()) {
                long bytes = Math.min(initializer.bytes(), Long.MAX_VALUE / 2);
                ends.merge(initializer.location(), initializer.offset() + bytes, Math::max);
            }
        }
        return ends;
    }

    /** What is wrong with them; ONNX Runtime reads none that is not really inside the model's folder. */
    List<String> problems() throws IOException {
        Path dir = model.toAbsolutePath().getParent().toRealPath();
        List<String> problems = new ArrayList<>();
        for (Map.Entry<String, Long> entry : ends.entrySet()) {
            String called = Problems.quoted(entry.getKey());
            Path file;
            try {
                file = dir.resolve(entry.getKey());
            } catch (InvalidPathException e) {
                problems.add("external data %s: no name of a file".formatted(called));
                continue;
            }
            if (!Files.isRegularFile(file)) {
                problems.add("external data %s: expected a file beside the model, found none".formatted(called));
            } else if (Path.of(entry.getKey()).isAbsolute()
                    || !file.toRealPath().startsWith(dir)) {
                problems.add("external data %s: lies outside of the model's folder, where ONNX Runtime does not read it"
                        .formatted(called));
            } else if (Files.size(file) < entry.getValue()) {
                problems.add("external data %s: expected at least %d bytes, the file has %d"
                        .formatted(called, entry.getValue(), Files.size(file)));
            }
        }
        return problems;
    }
}
