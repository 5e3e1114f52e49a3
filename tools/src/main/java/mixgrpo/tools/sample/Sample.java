package mixgrpo.tools.sample;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.Numbers;
import mixgrpo.tools.model.VaeTiling;
import mixgrpo.trainer.config.RolloutConfig;

/**
 * One picture and all that is needed to make it again.
 *
 * @param file name of the picture in its folder
 * @param seed of its noise, which depends on nothing else
 * @param pMix share of the steps that the tuned model did; empty without one
 */
public record Sample(String file, String prompt, long seed, OptionalDouble pMix, Settings settings) {

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    /**
     * What the pictures of one call have in common.
     *
     * @param model the words of a command line that name it
     * @param name of it
     * @param weights which of its weights, in words
     * @param words negative prompt, its scale and the prompts' length; the prompts themselves are not used
     * @param steps from noise to picture
     * @param shift of the noise levels, for the picture's size; 1 where they are a list
     * @param guidance that the model was told; empty where it takes none
     * @param tiling of their decoding
     * @param batch pictures that were drawn at once, at the most: beside others, one may differ from itself alone by rounding
     * @param engine what ran the networks
     * @param engineNamed whether it was asked for by its name
     * @param precision of the transformer's layers
     * @param version of the program
     */
    public record Settings(
            List<String> model,
            String name,
            String weights,
            SampleRequest.Words words,
            int steps,
            Method method,
            double shift,
            OptionalDouble guidance,
            SampleRequest.Size size,
            VaeTiling tiling,
            int batch,
            EngineKind engine,
            boolean engineNamed,
            RolloutConfig.Precision precision,
            String version) {}

    /** All of it, with the command that makes the picture again. */
    public ObjectNode json() {
        Method method = settings.method();
        ObjectNode json =
                JsonNodeFactory.instance.objectNode().put("file", file).put("prompt", prompt);
        if (settings.words().negative() != null) {
            json.put("negative_prompt", settings.words().negative())
                    .put("true_cfg", settings.words().trueCfg());
        }
        json.put("seed", seed)
                .put("rng", method.rng().toString())
                .put("model", settings.name())
                .put("weights", settings.weights());
        pMix.ifPresent(share -> json.put("p_mix", share));
        json.put("steps", settings.steps()).put("solver", method.sampler().toLowerCase(Locale.ROOT));
        if (method.kernel() != null) {
            json.put("eta", method.noiseLevel());
        }
        json.put("shift", settings.shift());
        settings.guidance().ifPresent(scale -> json.put("guidance", scale));
        if (settings.tiling() != VaeTiling.AUTO) {
            json.put("vae_tiling", tiling());
        }
        return json.put("width", settings.size().width())
                .put("height", settings.size().height())
                .put("batch", settings.batch())
                .put("engine", settings.engine().toString())
                .put("precision", Word.of(settings.precision()))
                .put("version", settings.version())
                .put("command", command());
    }

    private String tiling() {
        return Word.of(settings.tiling());
    }

    private String command() {
        List<String> words = new ArrayList<>(List.of("tools/sample"));
        words.addAll(settings.model());
        pMix.ifPresent(share -> words.addAll(List.of("--p-mix", Numbers.plain(share))));
        words.addAll(List.of("--prompt", prompt));
        SampleRequest.Words given = settings.words();
        if (given.negative() != null) {
            words.addAll(List.of("--negative-prompt", given.negative()));
        }
        if (given.trueCfg() != null) {
            words.addAll(List.of("--true-cfg", Numbers.plain(given.trueCfg())));
        }
        if (given.length() != null) {
            words.addAll(List.of("--text-length", given.length().toString()));
        }
        words.addAll(List.of("--steps", String.valueOf(settings.steps())));
        settings.guidance().ifPresent(scale -> words.addAll(List.of("--guidance", Numbers.plain(scale))));
        words.addAll(List.of("--size", settings.size().toString()));
        if (settings.tiling() != VaeTiling.AUTO) {
            words.addAll(List.of("--vae-tiling", tiling()));
        }
        words.addAll(settings.method().options());
        if (settings.engineNamed()) {
            words.addAll(List.of("--engine", settings.engine().toString()));
        }
        if (settings.precision() != RolloutConfig.Precision.FP32) {
            words.addAll(List.of("--precision", Word.of(settings.precision())));
        }
        words.addAll(List.of("--seed", String.valueOf(seed), "--count", "1"));
        return words.stream().map(Sample::quoted).collect(Collectors.joining(" "));
    }

    /** A word of a shell's command line. */
    private static String quoted(String word) {
        return word.matches("[\\w./:-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** The texts that the picture carries: {@code parameters} as AUTOMATIC1111's web UI reads it, and {@code mixgrpo}, our JSON. */
    public Map<String, String> texts() {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("Steps", String.valueOf(settings.steps()));
        parameters.put("Sampler", settings.method().sampler());
        parameters.put("Shift", String.valueOf(settings.shift()));
        parameters.put(
                "CFG scale",
                String.valueOf(
                        settings.words().trueCfg() == null
                                ? 1.0
                                : settings.words().trueCfg()));
        settings.guidance().ifPresent(scale -> parameters.put("Distilled CFG Scale", String.valueOf(scale)));
        parameters.put("Seed", String.valueOf(seed));
        parameters.put("Size", settings.size().toString());
        parameters.put("Model", settings.name().matches("[^,:\"\\n]*") ? settings.name() : json(settings.name()));
        pMix.ifPresent(share -> parameters.put("P mix", Numbers.plain(share)));
        parameters.put("Version", "mixgrpo " + settings.version());
        String negative = settings.words().negative() == null
                ? ""
                : "Negative prompt: " + settings.words().negative() + "\n";
        String line = parameters.entrySet().stream()
                .map(entry -> entry.getKey() + ": " + entry.getValue())
                .collect(Collectors.joining(", "));
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("parameters", prompt + "\n" + negative + line);
        texts.put("mixgrpo", json(json()));
        return texts;
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of texts and numbers has no JSON", e);
        }
    }
}
