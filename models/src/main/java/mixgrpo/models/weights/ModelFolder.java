package mixgrpo.models.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A model as diffusers keeps it: {@code model_index.json} names the pipeline and its parts, each part has a folder of
 * its name. Networks are opened as {@link Component}; tokenizers and schedulers by their files in {@link #part}.
 */
public final class ModelFolder {

    private static final String INDEX = "model_index.json";

    private final Path path;
    private final String pipeline;
    private final Map<String, PartClass> parts;

    private ModelFolder(Path path, String pipeline, Map<String, PartClass> parts) {
        this.path = path;
        this.pipeline = pipeline;
        this.parts = parts;
    }

    /**
     * What implements a part in Python.
     *
     * @param library {@code diffusers} or {@code transformers}
     * @param name of the class, {@code FluxTransformer2DModel}
     */
    public record PartClass(String library, String name) {

        /** Of a part that the pipeline knows and the folder does not have: {@code [null, null]} in the index. */
        public static final PartClass ABSENT = new PartClass(null, null);
    }

    /**
     * Reads the index of {@code folder}. Parts that it says are absent ({@code [null, null]}) are left out.
     *
     * @throws IOException if it is no such folder, or a part's folder is missing; names all that are
     */
    public static ModelFolder open(Path folder) throws IOException {
        if (!Files.isRegularFile(folder.resolve(INDEX))) {
            throw new IOException("%s: no %s; expected a model in diffusers layout: %s and a folder for each part"
                    .formatted(folder, INDEX, INDEX));
        }
        JsonNode index = JsonFile.read(folder.resolve(INDEX));
        Problems problems = new Problems();
        if (!index.path("_class_name").isTextual()) {
            problems.add("expected the pipeline's name in _class_name");
        }
        Map<String, PartClass> parts = new LinkedHashMap<>();
        index.properties().forEach(entry -> {
            String name = entry.getKey();
            JsonNode value = entry.getValue();
            if (name.startsWith("_") || !value.isArray() || value.path(0).isNull()) {
                return; // about the pipeline, or an optional part that is absent
            }
            if (!name.matches("\\w+")
                    || !value.path(0).isTextual()
                    || !value.path(1).isTextual()) {
                problems.add("%s: expected a folder's name and [library, class]", Problems.quoted(name));
            } else if (!Files.isDirectory(folder.resolve(name))) {
                problems.add("%s: its folder is missing; is the download complete?", Problems.quoted(name));
            } else {
                parts.put(
                        name,
                        new PartClass(value.path(0).textValue(), value.path(1).textValue()));
            }
        });
        if (problems.any()) {
            throw new IOException(problems.message(folder.resolve(INDEX).toString()));
        }
        return new ModelFolder(folder, index.path("_class_name").textValue(), parts);
    }

    /**
     * Writes the index of a new folder; the parts follow with {@link Component#write} and with {@link #writeJson}.
     *
     * @param pipeline the pipeline's class in diffusers, {@code FluxPipeline}
     */
    public static void writeIndex(Path folder, String pipeline, Map<String, PartClass> parts) throws IOException {
        ObjectNode index = JsonNodeFactory.instance.objectNode().put("_class_name", pipeline);
        parts.forEach((name, part) -> index.putArray(name).add(part.library()).add(part.name()));
        Files.createDirectories(folder);
        JsonFile.write(folder.resolve(INDEX), index);
    }

    /** Writes a JSON file of a part of a new folder, what {@link #json} reads. */
    public static void writeJson(Path folder, String part, String file, JsonNode json) throws IOException {
        Files.createDirectories(folder.resolve(part));
        JsonFile.write(folder.resolve(part).resolve(file), json);
    }

    public Path path() {
        return path;
    }

    /** The pipeline's class in diffusers, {@code FluxPipeline}. */
    public String pipeline() {
        return pipeline;
    }

    /** The classes of the parts that are there, by name, in the index's order. */
    public Map<String, PartClass> parts() {
        return Collections.unmodifiableMap(parts);
    }

    /**
     * The folder of a part.
     *
     * @throws IOException if the model has no such part; names those it has
     */
    public Path part(String name) throws IOException {
        if (!parts.containsKey(name)) {
            throw new IOException("%s: expected a part '%s', it has %s".formatted(path, name, parts.keySet()));
        }
        return path.resolve(name);
    }

    /** Opens a network; the caller closes it. See {@link Component#open(Path, String)} for {@code variant}. */
    public Component open(String name, String variant) throws IOException {
        return Component.open(part(name), variant);
    }

    /** The object in a JSON file of a part, {@code scheduler_config.json} of {@code scheduler}, say. */
    public JsonNode json(String part, String file) throws IOException {
        return JsonFile.read(part(part).resolve(file));
    }
}
