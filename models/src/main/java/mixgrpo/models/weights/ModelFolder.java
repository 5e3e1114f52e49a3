package mixgrpo.models.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.stream.Collectors;

/**
 * A model as diffusers keeps it: {@code model_index.json} names the pipeline and its parts, each part has a folder of
 * its name. Networks are opened as {@link Component}; tokenizers and schedulers by their files in {@link #part}.
 */
public final class ModelFolder {

    private static final String INDEX = "model_index.json";

    private final Path path;
    private final String pipeline;
    private final Map<String, PartClass> parts;
    private final String variant;

    private ModelFolder(Path path, String pipeline, Map<String, PartClass> parts, String variant) {
        this.variant = variant;
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

    /** As {@link #open(Path, String)}, with the plain weights of every part, or those of its only variant. */
    public static ModelFolder open(Path folder) throws IOException {
        return open(folder, "");
    }

    /**
     * Reads the index of {@code folder}. Parts that it says are absent ({@code [null, null]}) are left out.
     *
     * @param variant which of several weights its networks are opened with, {@code fp16} say; a part that has no such variant is opened
     *     with its plain weights. Empty for the plain ones
     * @throws IOException if it is no such folder, or a part's folder is missing, or no part has the variant; names all that are
     */
    public static ModelFolder open(Path folder, String variant) throws IOException {
        if (Files.isRegularFile(folder)) {
            throw new IOException(
                    "%s: expected the folder of a model in diffusers layout, with %s and a folder for each part, got a file; weights of a transformer alone go into such a folder, as the only .safetensors beside transformer/config.json"
                            .formatted(folder, INDEX));
        }
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
        ModelFolder model = new ModelFolder(folder, index.path("_class_name").textValue(), parts, variant);
        if (!variant.isEmpty()) {
            model.checkVariant();
        }
        return model;
    }

    /**
     * The networks that are opened with their plain weights because they have none of the {@link #variant}.
     *
     * @throws IOException if a folder cannot be read
     */
    public List<String> partsWithoutVariant() throws IOException {
        return variants().entrySet().stream()
                .filter(part -> !part.getValue().contains(variant) && !variant.isEmpty())
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Of every part that has weights. */
    private Map<String, SortedSet<String>> variants() throws IOException {
        Map<String, SortedSet<String>> found = new LinkedHashMap<>();
        for (String part : parts.keySet()) {
            SortedSet<String> variants = Component.variants(path.resolve(part));
            if (!variants.isEmpty()) {
                found.put(part, variants);
            }
        }
        return found;
    }

    private void checkVariant() throws IOException {
        Map<String, SortedSet<String>> found = variants();
        if (found.values().stream().noneMatch(variants -> variants.contains(variant))) {
            String there = found.entrySet().stream()
                    .map(part -> part.getKey() + ": "
                            + part.getValue().stream()
                                    .map(name -> name.isEmpty() ? "plain" : name)
                                    .collect(Collectors.joining(", ")))
                    .collect(Collectors.joining("; "));
            throw new IOException(
                    "%s: expected weights of the variant %s, such as diffusion_pytorch_model.%s.safetensors, in one of its parts; there are %s"
                            .formatted(
                                    path,
                                    Problems.quoted(variant),
                                    Problems.printable(variant),
                                    there.isEmpty() ? "none" : there));
        }
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

    /** Which of several weights its networks are opened with; empty for the plain ones. */
    public String variant() {
        return variant;
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

    /**
     * Opens a network, by the folder's {@link #variant} if the part has it; the caller closes it.
     *
     * @throws IOException see {@link Component#open(Path, String)}
     */
    public Component open(String name) throws IOException {
        return Component.open(part(name), variant);
    }

    /** The object in a JSON file of a part, {@code scheduler_config.json} of {@code scheduler}, say. */
    public JsonNode json(String part, String file) throws IOException {
        return JsonFile.read(part(part).resolve(file));
    }
}
