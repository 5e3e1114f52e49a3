package mixgrpo.tools.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.EncoderWeights;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.tools.model.Architecture;

/** What a part is for, which its class in Python tells. */
enum PartKind {
    TRANSFORMER,
    AUTOENCODER,
    ENCODER,
    /** Has no weights: a tokenizer, a scheduler. */
    FILES_ONLY,
    UNSUPPORTED;

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

    static PartKind of(String className) {
        return CLASSES.getOrDefault(className, UNSUPPORTED);
    }

    static Set<String> supported() {
        return CLASSES.keySet();
    }

    /** The class that a {@code config.json} names: diffusers' in one field, transformers' in another. */
    static String className(JsonNode config) {
        return config.path("_class_name")
                .asText(config.path("architectures").path(0).asText("unknown"));
    }

    /**
     * Compares weights with what the configuration asks for.
     *
     * @param source of the weights, for messages
     * @throws IllegalArgumentException with all that is wrong
     */
    void check(JsonNode config, WeightsFile weights, String source) {
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
            case FILES_ONLY, UNSUPPORTED -> throw new IllegalStateException(this + " has no weights to check");
        }
    }
}
