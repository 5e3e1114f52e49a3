package mixgrpo.models.lora;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Comparator;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import mixgrpo.models.weights.JsonFile;
import mixgrpo.models.weights.Problems;

/**
 * What peft's LoraConfig says of an adapter, in {@code adapter_config.json} or in the header of diffusers' file: the alphas.
 *
 * @param alpha of layers that {@code alphas} does not name
 * @param alphas of other layers, by the path or an ending of it
 * @param rootScaled whether the scale is alpha / sqrt(rank) (arXiv 2312.03732) and not alpha / rank
 */
record AdapterConfig(double alpha, Map<String, Double> alphas, boolean rootScaled) {

    static final String FIELD = "lora_adapter_metadata";
    private static final String PREFIX = "transformer.";

    /** From {@code adapter_config.json}. */
    static AdapterConfig of(JsonNode config, String source) throws IOException {
        return of(config, "", source);
    }

    /** From the text in a header, where the fields stand behind {@code transformer.}. */
    static AdapterConfig ofHeader(String text, String source) throws IOException {
        return of(JsonFile.parse(text, source + " (" + FIELD + ")"), PREFIX, source);
    }

    private static AdapterConfig of(JsonNode config, String prefix, String source) throws IOException {
        JsonNode alpha = config.path(prefix + "lora_alpha");
        if (!alpha.isNumber()) {
            throw new IOException("%s: expected a number in %slora_alpha of the adapter's configuration, got %s"
                    .formatted(
                            source, prefix, alpha.isMissingNode() ? "nothing" : Problems.printable(alpha.toString())));
        }
        for (String unsupported : new String[] {"use_dora", "fan_in_fan_out", "use_qalora", "use_bdlora"}) {
            if (config.path(prefix + unsupported).asBoolean(false)) {
                throw new IOException("%s: adapters with %s are not supported".formatted(source, unsupported));
            }
        }
        Map<String, Double> alphas = config.path(prefix + "alpha_pattern").properties().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().asDouble(Double.NaN)));
        for (Map.Entry<String, Double> entry : alphas.entrySet()) {
            if (!entry.getKey().matches("[\\w.]+") || entry.getValue().isNaN()) {
                throw new IOException("%s: alpha_pattern: expected paths of layers and numbers, got %s: %s"
                        .formatted(source, Problems.quoted(entry.getKey()), entry.getValue()));
            }
        }
        return new AdapterConfig(
                alpha.asDouble(), alphas, config.path(prefix + "use_rslora").asBoolean(false));
    }

    double scale(String layer, int rank) {
        double own = alphas.entrySet().stream()
                .filter(entry -> layer.equals(entry.getKey()) || layer.endsWith("." + entry.getKey()))
                .max(Comparator.comparingInt(entry -> entry.getKey().length()))
                .map(Map.Entry::getValue)
                .orElse(alpha);
        return own / (rootScaled ? Math.sqrt(rank) : rank);
    }

    /** The text for the header of a file that diffusers loads with these scales. */
    static String header(Lora lora) {
        int rank = mostCommon(lora, LoraFactors::rank);
        double alpha = mostCommon(lora, LoraFactors::alpha);
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        ObjectNode alphas = config.putObject(PREFIX + "alpha_pattern");
        config.put(PREFIX + "lora_alpha", alpha).put(PREFIX + "r", rank);
        ObjectNode ranks = config.putObject(PREFIX + "rank_pattern");
        lora.modules().forEach((layer, factors) -> {
            if (factors.alpha() != alpha) {
                alphas.put(layer, factors.alpha());
            }
            if (factors.rank() != rank) {
                ranks.put(layer, factors.rank());
            }
        });
        var targets = config.putArray(PREFIX + "target_modules");
        lora.modules().keySet().stream().sorted().forEach(targets::add);
        return config.toPrettyString();
    }

    private static <T> T mostCommon(Lora lora, Function<LoraFactors, T> value) {
        return lora.modules().values().stream()
                .collect(Collectors.groupingBy(value, java.util.LinkedHashMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .max(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
    }
}
