package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.models.weights.StoredArray;
import mixgrpo.models.weights.Weights;

/** Writes a model's files, or says what they would be. */
final class ModelWriter {

    private static final String FILE = "model.onnx";

    private final OnnxModel model;
    private final Weights weights;
    private final WeightsPlacement placement;
    private final Map<String, StoredArray> pointed = new LinkedHashMap<>();
    private final Map<String, Parameter> written = new LinkedHashMap<>();

    /** @throws IllegalArgumentException if the weights are not the model's, or cannot be placed so */
    ModelWriter(OnnxModel model, Weights weights, WeightsPlacement placement) {
        this.model = model;
        this.weights = weights;
        this.placement = placement;
        model.check(weights);
        switch (placement) {
            case EXTERNAL -> written.putAll(model.stored());
            case EMBEDDED -> model.checkEmbedded();
            case INPUTS -> {} // nothing is placed
            case SOURCE ->
                model.stored().forEach((key, parameter) -> SourceFiles.place(weights, key)
                        .filter(array -> ElementType.of(array.dtype()).equals(Optional.of(parameter.type())))
                        .ifPresentOrElse(array -> pointed.put(key, array), () -> written.put(key, parameter)));
        }
    }

    WrittenModel plan(Path dir) {
        long graph = model.skeleton().length;
        long data = written.values().stream().mapToLong(Parameter::bytes).sum();
        return new WrittenModel(
                dir.resolve(FILE),
                placement == WeightsPlacement.EMBEDDED ? graph + model.parameterBytes() : graph,
                data,
                sources(),
                beside(),
                Optional.empty());
    }

    WrittenModel write(Path dir) throws IOException {
        Files.createDirectories(dir);
        Map<String, ExternalData.Place> places = new HashMap<>(pointedPlaces(dir));
        Map<String, String> metadata = new LinkedHashMap<>();
        String sha256 = "";
        long dataBytes = 0;
        if (!written.isEmpty()) {
            ExternalData data = ExternalData.write(dir, written, weights);
            places.putAll(data.places());
            sha256 = data.sha256();
            dataBytes = Files.size(dir.resolve(data.file()));
        } else if (placement == WeightsPlacement.EMBEDDED) {
            sha256 = model.sha256(weights);
        }
        if (pointed.isEmpty() && !sha256.isEmpty()) {
            metadata.put(OnnxModel.SHA256, sha256);
        }
        if (!pointed.isEmpty()) {
            metadata.put(OnnxModel.SOURCES, sourceNames());
        }
        ExternalData all = new ExternalData(places, sha256);
        byte[] bytes =
                switch (placement) {
                    case EXTERNAL, SOURCE -> model.bytes(all::tensor, key -> false, metadata);
                    case INPUTS -> model.withInputs();
                    case EMBEDDED -> model.withWeights(weights, metadata);
                };
        Path file = dir.resolve(FILE);
        AtomicFile.write(file, bytes);
        all.deleteOthers(dir);
        Optional<String> hash = sha256.isEmpty() ? Optional.empty() : Optional.of(sha256);
        return new WrittenModel(file, bytes.length, dataBytes, sources(), beside(), hash);
    }

    private Map<String, ExternalData.Place> pointedPlaces(Path dir) throws IOException {
        SourceFiles files = new SourceFiles(dir);
        Map<String, ExternalData.Place> places = new HashMap<>();
        for (Map.Entry<String, StoredArray> entry : pointed.entrySet()) {
            StoredArray array = entry.getValue();
            places.put(entry.getKey(), new ExternalData.Place(files.location(array.file()), array.position()));
        }
        return places;
    }

    /** Names, sizes and times of the files that the model points into: enough to see that they have changed since. */
    private String sourceNames() throws IOException {
        List<String> names = new ArrayList<>();
        for (Path file : sources().keySet()) {
            names.add("%s %d %s".formatted(file.getFileName(), Files.size(file), Files.getLastModifiedTime(file)));
        }
        return String.join("; ", names);
    }

    private Map<Path, Long> sources() {
        Map<Path, Long> bytes = new LinkedHashMap<>();
        pointed.forEach((key, array) ->
                bytes.merge(array.file(), model.stored().get(key).bytes(), Long::sum));
        return bytes;
    }

    private List<String> beside() {
        return placement == WeightsPlacement.SOURCE ? List.copyOf(written.keySet()) : List.of();
    }
}
