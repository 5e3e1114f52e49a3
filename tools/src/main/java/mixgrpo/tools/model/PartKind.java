package mixgrpo.tools.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.EncoderWeights;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.Problems;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.models.weights.WeightsFile;

/** What a part is for, which its class in Python tells. */
public enum PartKind {
    TRANSFORMER,
    AUTOENCODER,
    ENCODER,
    /** Has no weights: a tokenizer, a scheduler. */
    FILES_ONLY,
    /** Has no say in pictures that are drawn from text: it checks them afterwards, or reads the pictures of IP adapters. */
    UNUSED,
    UNSUPPORTED;

    private static final Set<String> UNUSED_PARTS = Set.of("feature_extractor", "image_encoder", "safety_checker");

    private static final String T5 = "T5EncoderModel";
    private static final Map<String, PartKind> CLASSES = classes();

    private static Map<String, PartKind> classes() {
        Map<String, PartKind> classes = new LinkedHashMap<>();
        classes.put("FluxTransformer2DModel", TRANSFORMER);
        classes.put("SD3Transformer2DModel", TRANSFORMER);
        classes.put("AutoencoderKL", AUTOENCODER);
        classes.put("CLIPTextModel", ENCODER);
        classes.put("CLIPTextModelWithProjection", ENCODER);
        classes.put(T5, ENCODER);
        classes.put("CLIPTokenizer", FILES_ONLY);
        classes.put("CLIPTokenizerFast", FILES_ONLY);
        classes.put("T5Tokenizer", FILES_ONLY);
        classes.put("T5TokenizerFast", FILES_ONLY);
        classes.put("FlowMatchEulerDiscreteScheduler", FILES_ONLY);
        return classes;
    }

    /** What a class is for, whatever the part's name. */
    public static PartKind of(String className) {
        return CLASSES.getOrDefault(className, UNSUPPORTED);
    }

    /**
     * What a part of a model is for.
     *
     * @param name of the part in the model's index
     * @param className that the index gives it
     */
    public static PartKind of(String name, String className) {
        return UNUSED_PARTS.contains(name) ? UNUSED : of(className);
    }

    /** Says that a class is not supported, and which are. */
    public static String unsupported(String name, String className) {
        return "%s: class %s is not supported; supported are %s"
                .formatted(name, Problems.printable(className), String.join(", ", CLASSES.keySet()));
    }

    /** A line for each part of a folder that is not used. */
    public static List<String> unused(ModelFolder folder) {
        return folder.parts().entrySet().stream()
                .filter(part -> of(part.getKey(), part.getValue().name()) == UNUSED)
                .map(part -> "%s: %s, not used; pictures are drawn from text alone"
                        .formatted(
                                part.getKey(),
                                Problems.printable(part.getValue().name())))
                .toList();
    }

    /**
     * Refuses a folder with a part that its pictures would depend on and that is not supported.
     *
     * @throws IOException naming all such parts
     */
    static void checkParts(ModelFolder folder) throws IOException {
        Problems problems = new Problems();
        folder.parts().forEach((name, part) -> {
            if (of(name, part.name()) == UNSUPPORTED) {
                problems.add("%s", unsupported(name, part.name()));
            }
        });
        if (problems.any()) {
            throw new IOException(problems.message(folder.path().toString()));
        }
    }

    /** The class that a {@code config.json} names: diffusers' in one field, transformers' in another. */
    public static String className(JsonNode config) {
        return config.path("_class_name")
                .asText(config.path("architectures").path(0).asText("unknown"));
    }

    /**
     * Compares weights with what the configuration asks for.
     *
     * @param source of the weights, for messages
     * @throws IllegalArgumentException with all that is wrong
     */
    public void check(JsonNode config, WeightsFile weights, String source) {
        switch (this) {
            case TRANSFORMER -> {
                Architecture architecture = Architecture.of(config);
                architecture.check(architecture.weights(weights), source);
            }
            case AUTOENCODER -> {
                Map<String, long[]> expected = AutoencoderKl.checkpoint(VaeConfig.of(config));
                WeightsCheck.same(expected, AutoencoderKl.withCurrentKeys(weights), source);
            }
            case ENCODER -> {
                if (className(config).equals(T5)) {
                    EncoderWeights.t5(T5Config.of(config), weights, source);
                } else {
                    EncoderWeights.clip(ClipConfig.of(config), weights, source);
                }
            }
            case FILES_ONLY, UNUSED, UNSUPPORTED -> throw new IllegalStateException(this + " has no weights to check");
        }
    }
}
