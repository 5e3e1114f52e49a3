package mixgrpo.tools.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import mixgrpo.models.flux.BflFile;
import mixgrpo.models.lora.LoraFile;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.JsonFile;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.PipelineFamily;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.runtime.text.FolderTokenizers;
import mixgrpo.tools.model.Architecture;
import mixgrpo.tools.model.FluxArchitecture;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.PartKind;
import mixgrpo.tools.model.SchedulerConfig;

/**
 * Looks at a model folder, the folder of a part, or a weights file.
 *
 * @param variant which of several weights of a folder, empty for the plain ones
 * @param base transformer that an adapter shall fit, if one was named
 * @param values whether every value is read, to count those that are no numbers
 */
public record Inspector(String variant, Optional<Architecture> base, boolean values) {

    /** The transformer of a model folder, or of the folder of one, as {@link #base}. */
    public static Architecture base(Path folder) throws IOException {
        boolean model = Files.isRegularFile(folder.resolve("model_index.json"));
        return Architecture.of(JsonFile.read((model ? folder.resolve("transformer") : folder).resolve("config.json")));
    }

    /**
     * @throws IOException if the path is none of these, or a file is broken; names all that is wrong with it
     * @throws IllegalArgumentException if there is a {@link #base} and it is no LoRA
     */
    public Inspection inspect(Path path) throws IOException {
        if (Files.isRegularFile(path)) {
            return file(path);
        } else if (Files.isRegularFile(path.resolve("model_index.json"))) {
            checkNoBase(path, "a model");
            return model(path);
        } else if (Files.isRegularFile(path.resolve("config.json"))) {
            checkNoBase(path, "a part of a model");
            Part part =
                    part(path, path.toAbsolutePath().normalize().getFileName().toString(), "");
            return new Inspection(
                    path, part.className(), List.of(part), List.of(), List.of(), transformer(path, List.of(part)));
        } else if (Files.isDirectory(path)) {
            return file(LoraFile.in(path));
        }
        throw new IOException("%s: expected a model folder, a part of one, or a weights file".formatted(path));
    }

    private void checkNoBase(Path path, String what) {
        if (base.isPresent()) {
            throw new IllegalArgumentException(
                    "--base: expected a LoRA file to compare with it, got %s, which is %s; leave --base out"
                            .formatted(path, what));
        }
    }

    private Inspection model(Path path) throws IOException {
        ModelFolder folder = ModelFolder.open(path, variant);
        List<Part> parts = new ArrayList<>();
        for (Map.Entry<String, ModelFolder.PartClass> part : folder.parts().entrySet()) {
            String name = part.getKey();
            String className = part.getValue().name();
            parts.add(
                    switch (PartKind.of(name, className)) {
                        case UNUSED -> new Part(name, className, Part.UNUSED, Map.of(), List.of());
                        case FILES_ONLY -> new Part(name, className, "", Map.of(), filesOnly(folder, name, className));
                        default -> part(folder.part(name), name, className);
                    });
        }
        List<String> remarks = new ArrayList<>(PartKind.unused(folder));
        folder.partsWithoutVariant()
                .forEach(part -> remarks.add(
                        "%s: no weights of the variant %s; the plain ones are used".formatted(part, folder.variant())));
        try (Stream<Path> all = Files.list(path)) {
            all.filter(Files::isDirectory)
                    .map(below -> below.getFileName().toString())
                    .filter(name -> !folder.parts().containsKey(name) && !name.startsWith("."))
                    .sorted()
                    .forEach(name -> remarks.add(name + ": a folder that model_index.json does not name; not used"));
        }
        try {
            PipelineFamily.of(folder);
        } catch (IOException e) {
            return new Inspection(path, folder.pipeline(), parts, List.of(e.getMessage()), remarks, Optional.empty());
        }
        PipelineFamily.remark(folder).ifPresent(remarks::add);
        List<String> faults = new ArrayList<>();
        Optional<MemoryNeeds> memory =
                parts.stream().allMatch(part -> part.problems().isEmpty())
                        ? whole(path, faults)
                        : transformer(path.resolve("transformer"), parts);
        return new Inspection(path, folder.pipeline(), parts, faults, remarks, memory);
    }

    /** Opens a model whose parts are sound as the commands do, to see whether they fit each other. */
    private Optional<MemoryNeeds> whole(Path path, List<String> faults) {
        try (ImageModel model = ImageModel.open(path.toAbsolutePath().toString(), variant)) {
            return Optional.of(MemoryNeeds.of(model));
        } catch (IOException | IllegalArgumentException | UncheckedIOException e) {
            faults.add(e.getMessage());
            return Optional.empty();
        }
    }

    /** @param className from the model's index, empty if only the part's own config says it */
    private Part part(Path folder, String name, String className) {
        PartKind kind = PartKind.of(className);
        if (kind == PartKind.UNSUPPORTED && !className.isEmpty()) {
            return new Part(name, className, "", Map.of(), List.of(PartKind.unsupported(name, className)));
        }
        try (Component component = Component.open(folder, variant)) {
            WeightsFile weights = component.weights();
            String own = className.isEmpty() ? PartKind.className(component.config()) : className;
            List<String> problems = new ArrayList<>();
            if (PartKind.of(own) == PartKind.UNSUPPORTED) {
                problems.add(PartKind.unsupported(name, own));
            } else {
                try {
                    PartKind.of(own)
                            .check(component.config(), weights, weights.path().toString());
                } catch (IllegalArgumentException e) {
                    problems.add(e.getMessage());
                }
            }
            problems.addAll(notFinite(weights));
            return new Part(name, own, container(weights), Part.tensors(weights), problems);
        } catch (IOException e) { // the other parts are worth a look all the same
            return new Part(name, className, "", Map.of(), List.of(e.getMessage()));
        }
    }

    /** Why a tokenizer or a scheduler cannot be used. */
    private static List<String> filesOnly(ModelFolder folder, String name, String className) {
        try {
            if (className.endsWith("Scheduler")) {
                SchedulerConfig.of(folder);
            } else {
                FolderTokenizers.check(folder, name);
            }
            return List.of();
        } catch (IOException | IllegalArgumentException e) {
            return List.of(e.getMessage());
        }
    }

    private List<String> notFinite(WeightsFile weights) {
        if (!values) {
            return List.of();
        }
        try {
            WeightsCheck.finite(weights, weights.path().toString());
            return List.of();
        } catch (IllegalArgumentException e) {
            return List.of(e.getMessage());
        }
    }

    private static String container(WeightsFile weights) throws IOException {
        String name = weights.path().getFileName().toString();
        if (!name.endsWith(".json")) {
            return name;
        }
        long files = JsonFile.read(weights.path()).path("weight_map").properties().stream()
                .map(entry -> entry.getValue().asText())
                .distinct()
                .count();
        return "%s, %d files".formatted(name, files);
    }

    /** What the transformer among the parts needs alone, if it is sound. */
    private static Optional<MemoryNeeds> transformer(Path folder, List<Part> parts) throws IOException {
        boolean sound = parts.stream()
                .anyMatch(part -> PartKind.of(part.className()) == PartKind.TRANSFORMER
                        && part.problems().isEmpty());
        return sound
                ? Optional.of(MemoryNeeds.of(Architecture.of(JsonFile.read(folder.resolve("config.json")))))
                : Optional.empty();
    }

    private Inspection file(Path path) throws IOException {
        try (WeightsFile weights = WeightsFile.open(path)) {
            if (!LoraFile.matches(weights)) {
                checkNoBase(path, "a file of whole weights");
            }
            List<String> problems = new ArrayList<>(notFinite(weights));
            List<String> remarks = new ArrayList<>();
            String name = path.getFileName().toString();
            String kind = "weights";
            Optional<Architecture> architecture = Optional.empty();
            try {
                if (BflFile.matches(weights)) {
                    kind = "FLUX.1 transformer in one file, keys of Black Forest Labs";
                    BflFile bfl = BflFile.of(weights);
                    architecture = Optional.of(new FluxArchitecture(bfl.config()));
                    if (!bfl.others().isEmpty()) {
                        remarks.add("%d arrays beside the transformer are not used: %s"
                                .formatted(bfl.others().size(), groups(bfl.others())));
                    }
                } else if (LoraFile.matches(weights)) {
                    kind = "LoRA";
                    LoraFile lora = LoraFile.of(weights);
                    kind = "LoRA (%s, alpha %s)"
                            .formatted(lora.format().title(), lora.alpha().title());
                    remarks.addAll(
                            AdapterRemarks.of(lora.lora(), weights.shapes().keySet()));
                    lora.remark().ifPresent(remarks::add);
                    base.ifPresent(transformer -> {
                        lora.lora().check(transformer.parameters(), path.toString());
                        remarks.add("fits the transformer of --base");
                    });
                } else if (Files.isRegularFile(path.resolveSibling("config.json"))) {
                    JsonNode config = JsonFile.read(path.resolveSibling("config.json"));
                    String className = PartKind.className(config);
                    kind = className;
                    if (PartKind.of(className) == PartKind.UNSUPPORTED) {
                        problems.add(PartKind.unsupported(name, className));
                    } else {
                        PartKind.of(className).check(config, weights, path.toString());
                    }
                } else {
                    remarks.add(
                            "there is no config.json beside it, so it is not known what network these arrays are of");
                }
            } catch (IllegalArgumentException e) {
                problems.add(e.getMessage());
            }
            Part part = new Part(name, kind, name, Part.tensors(weights), problems);
            Optional<MemoryNeeds> memory =
                    architecture.isPresent() ? Optional.of(MemoryNeeds.of(architecture.get())) : Optional.empty();
            return new Inspection(path, kind, List.of(part), List.of(), remarks, memory);
        }
    }

    private static List<String> groups(List<String> keys) {
        return keys.stream().map(key -> key.split("\\.", 2)[0]).distinct().toList();
    }
}
