package mixgrpo.runtime.tensorrt;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.weights.AtomicFile;

/**
 * What a process that builds a plan is told: files, and how. It lies in a file of JSON.
 *
 * @param graph ONNX file without weights
 * @param weights file with all of them
 * @param places where each weight begins in it, and how many bytes it has, by key
 * @param profile as {@link ShapeProfile#toString}
 * @param timingCache file with what TensorRT measured before; read and written; none if empty
 * @param plan file to write
 * @param gpu number of the GPU to build on
 */
record PlanRequest(
        String graph,
        String weights,
        Map<String, Place> places,
        String profile,
        PlanOptions options,
        String timingCache,
        String plan,
        int gpu) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String GRAPH = "graph.onnx";
    private static final String REQUEST = "request.json";

    record Place(long offset, long bytes) {}

    /**
     * Writes the graph and the request for it.
     *
     * @param folder that exists
     * @return the file to give to the process
     */
    static Path write(
            Path folder,
            PlanGraph graph,
            StoredWeights weights,
            ShapeProfile profile,
            PlanOptions options,
            Optional<Path> timingCache,
            Path plan,
            int gpu)
            throws IOException {
        Path onnx = folder.resolve(GRAPH);
        AtomicFile.write(onnx, graph.onnx());
        Map<String, Place> places = new LinkedHashMap<>();
        weights.offsets()
                .forEach((key, offset) ->
                        places.put(key, new Place(offset, weights.kind(key).bytes())));
        PlanRequest request = new PlanRequest(
                onnx.toAbsolutePath().toString(),
                weights.file().toAbsolutePath().toString(),
                places,
                profile.toString(),
                options,
                timingCache.map(Path::toAbsolutePath).map(Path::toString).orElse(""),
                plan.toAbsolutePath().toString(),
                gpu);
        Path file = folder.resolve(REQUEST);
        AtomicFile.write(file, JSON.writeValueAsBytes(request));
        return file;
    }

    /** @throws IOException if the file is not there or no request; names it */
    static PlanRequest read(Path file) throws IOException {
        try {
            return JSON.readValue(file.toFile(), PlanRequest.class);
        } catch (IOException e) {
            throw new IOException("%s is no request for a plan: %s".formatted(file, e.getMessage()), e);
        }
    }
}
