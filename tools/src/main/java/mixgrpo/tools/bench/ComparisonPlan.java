package mixgrpo.tools.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import mixgrpo.tools.config.Configuration;
import mixgrpo.trainer.config.TrainConfig;

/**
 * Which presets are compared.
 *
 * @param presets by their keys
 * @param arguments {@code key=value} over every preset
 * @param threads of the engines and of libtorch
 * @param repeat repetitions after one to warm up
 * @param train iterations that each preset is trained for; empty to train none
 */
public record ComparisonPlan(List<String> presets, List<String> arguments, int threads, int repeat, OptionalInt train) {

    /** A reward that hardly two pictures get alike. */
    static final String TELLS_APART = "rewards.jpeg.weight=0.01";

    public ComparisonPlan {
        presets = List.copyOf(presets);
        arguments = List.copyOf(arguments);
        if (presets.isEmpty()) {
            throw new IllegalArgumentException("--presets: expected at least one, got none");
        }
        if (new HashSet<>(presets).size() < presets.size()) {
            throw new IllegalArgumentException("--presets: expected each once, got %s".formatted(presets));
        }
        atLeastOne("--threads", threads);
        atLeastOne("--repeat", repeat);
        train.ifPresent(iterations -> atLeastOne("--train", iterations));
    }

    private static void atLeastOne(String option, int got) {
        if (got < 1) {
            throw new IllegalArgumentException("%s: expected 1 or more, got %d".formatted(option, got));
        }
    }

    /**
     * Their configurations by preset, for measuring what they cost. Unless an argument says something of rewards, {@value #TELLS_APART}
     * lies over them: by the scene reward alone all pictures of some prompts score the same and cost no passes, which prompts depends on
     * the preset's noise, and the figures would compare that.
     *
     * @throws IllegalArgumentException if one is not known, is not valid, or has another model, seed or prompts than the first
     */
    Map<String, TrainConfig> configs() throws IOException {
        List<String> values = new ArrayList<>(arguments);
        if (values.stream().noneMatch(argument -> argument.startsWith("rewards."))) {
            values.add(TELLS_APART);
        }
        return configs(values);
    }

    /** Those of the training, as {@code tools/train PRESET iterations=N} has them. */
    Map<String, TrainConfig> trainingConfigs() throws IOException {
        List<String> shorter = new ArrayList<>(arguments);
        train.ifPresent(iterations -> shorter.add("iterations=" + iterations));
        return configs(shorter);
    }

    private Map<String, TrainConfig> configs(List<String> values) throws IOException {
        Map<String, TrainConfig> configs = new LinkedHashMap<>();
        for (String preset : presets) {
            TrainConfig config = Configuration.load(preset, List.of(), values).config();
            TrainConfig first = configs.isEmpty() ? config : configs.get(presets.get(0));
            same("model", preset, first.model(), config.model());
            same("seed", preset, first.seed(), config.seed());
            same("prompts", preset, first.prompts(), config.prompts());
            configs.put(preset, config);
        }
        return configs;
    }

    private void same(String key, String preset, Object first, Object other) {
        if (!first.equals(other)) {
            throw new IllegalArgumentException(
                    "%s: presets are compared with the same model, seed and prompts; %s has %s, %s has %s (key=value sets it for all)"
                            .formatted(key, presets.get(0), first, preset, other));
        }
    }
}
