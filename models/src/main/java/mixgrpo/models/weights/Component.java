package mixgrpo.models.weights;

import static mixgrpo.models.weights.Problems.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One network as diffusers and transformers keep it: a folder of {@code config.json} and its weights. Whoever opens it
 * closes it.
 *
 * @param folder where it lies
 * @param config the parsed {@code config.json}
 * @param weights the open weights
 */
public record Component(Path folder, JsonNode config, WeightsFile weights) implements AutoCloseable {

    private static final String CONFIG = "config.json";
    private static final List<String> NAMES = List.of("diffusion_pytorch_model", "model", "pytorch_model");
    private static final Pattern WEIGHTS =
            Pattern.compile("(%s)(?:\\.(\\w+))?\\.(safetensors|bin)(\\.index(?:\\.(\\w+))?\\.json)?"
                    .formatted(String.join("|", NAMES)));

    private static final Pattern SHARD = Pattern.compile(".*-\\d{5}-of-\\d{5}\\.safetensors");

    /** Opens the plain weights of {@code folder}, or those of its only variant. */
    public static Component open(Path folder) throws IOException {
        return open(folder, "");
    }

    /**
     * Opens {@code folder}: the weights of diffusers' or transformers' names, or, where there are none, the only safetensors file.
     *
     * @param variant which of several weights, {@code fp16} in {@code diffusion_pytorch_model.fp16.safetensors}; the
     *     plain ones if the folder has no such variant. Empty for the plain ones, or the only variant if there are no
     *     plain ones
     * @throws IOException if config or weights are missing, not supported or broken; says what was found and what is
     *     supported
     */
    public static Component open(Path folder, String variant) throws IOException {
        JsonNode config = JsonFile.read(folder.resolve(CONFIG));
        return new Component(folder, config, WeightsFile.open(weightsIn(folder, variant)));
    }

    /**
     * The variants of the weights in {@code folder}, sorted; empty text for the plain ones.
     *
     * @throws IOException if the folder cannot be read
     */
    public static SortedSet<String> variants(Path folder) throws IOException {
        TreeSet<String> variants = new TreeSet<>();
        candidates(folder).forEach(candidate -> variants.add(candidate.variant()));
        return variants;
    }

    /**
     * Writes a folder that diffusers or transformers load: weights first, then the config. Existing files of the same
     * names are replaced.
     *
     * @param config with {@code _class_name} for a diffusers network; without for one of transformers. It decides the
     *     name of the weights
     * @param dtype F32, F16 or BF16
     * @throws IOException if it cannot be written, or the folder holds weights under other names, which a reader might
     *     take instead
     */
    public static void write(Path folder, JsonNode config, Weights weights, Dtype dtype) throws IOException {
        Path file = folder.resolve((config.has("_class_name") ? NAMES.get(0) : NAMES.get(1)) + ".safetensors");
        Files.createDirectories(folder);
        for (Candidate other : candidates(folder)) {
            if (!folder.resolve(other.name()).equals(file)) {
                throw new IOException("%s: holds other weights, %s; choose an empty folder or remove them"
                        .formatted(folder, other.name()));
            }
        }
        SafetensorsWriter.write(file, weights, dtype, Map.of("format", "pt"));
        JsonFile.write(folder.resolve(CONFIG), config);
    }

    @Override
    public void close() {
        weights.close();
    }

    private record Candidate(String name, String variant, boolean safetensors, boolean sharded) {}

    private static Path weightsIn(Path folder, String variant) throws IOException {
        List<Candidate> found = candidates(folder);
        SortedSet<String> variants = variants(folder);
        if (found.isEmpty()) {
            List<String> own = names(folder).stream()
                    .filter(name -> name.endsWith(".safetensors")
                            && !SHARD.matcher(name).matches())
                    .toList();
            if (own.size() == 1) {
                return folder.resolve(own.get(0));
            }
            throw new IOException(
                    ("%s: no weights; expected diffusion_pytorch_model.safetensors, model.safetensors, a .safetensors.index.json with "
                                    + "its shards, a .bin, or a single .safetensors of any name; the folder holds %s")
                            .formatted(folder, names(folder)));
        }
        String chosen;
        if (variants.contains(variant)) {
            chosen = variant;
        } else if (variants.contains("")) {
            chosen = "";
        } else if (variant.isEmpty() && variants.size() == 1) {
            chosen = variants.first();
        } else {
            throw new IOException("%s: no %s weights, only the variants %s; choose one of them"
                    .formatted(folder, variant.isEmpty() ? "plain" : quoted(variant), variants));
        }
        return folder.resolve(found.stream()
                .filter(c -> c.variant().equals(chosen))
                .findFirst()
                .orElseThrow()
                .name());
    }

    /** The weights in a folder, those to be preferred first: safetensors, in one file, by diffusers' name. */
    private static List<Candidate> candidates(Path folder) throws IOException {
        return names(folder).stream()
                .map(WEIGHTS::matcher)
                .filter(Matcher::matches)
                .map(m -> new Candidate(
                        m.group(),
                        m.group(2) != null ? m.group(2) : m.group(5) != null ? m.group(5) : "",
                        m.group(3).equals("safetensors"),
                        m.group(4) != null))
                .sorted(Comparator.comparing(Candidate::safetensors)
                        .reversed()
                        .thenComparing(Candidate::sharded)
                        .thenComparing(c ->
                                NAMES.indexOf(c.name().substring(0, c.name().indexOf('.')))))
                .toList();
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(f -> f.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }
}
