package mixgrpo.tools.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import mixgrpo.runtime.naming.EditDistance;
import mixgrpo.trainer.config.InvalidConfigException;
import mixgrpo.trainer.config.TrainConfig;

/**
 * A run's configuration as it was given: defaults, under a preset, under the user's YAML files, under {@code key=value} arguments.
 * Paths in it are absolute, so it means the same when a run is resumed from elsewhere.
 *
 * @param given the dotted keys that the user's files and arguments hold
 */
public record Configuration(TrainConfig config, Set<String> given) {

    private static final String DEFAULTS = "/presets/defaults.yaml";

    public Configuration {
        given = Set.copyOf(given);
    }

    /**
     * The configuration of a new run.
     *
     * @param preset a {@link Preset}'s key
     * @param files YAML files, later ones over earlier ones
     * @param arguments {@code key=value}, later ones over earlier ones
     * @throws InvalidConfigException with everything that is wrong with it
     * @throws IOException if a file cannot be read
     */
    public static Configuration load(String preset, List<Path> files, List<String> arguments) throws IOException {
        if (!Preset.keys().contains(preset)) {
            String nearest = Preset.keys().stream()
                    .min(Comparator.comparingDouble(known -> EditDistance.between(preset, known)))
                    .orElseThrow();
            throw new InvalidConfigException(List.of("preset '%s' is unknown; the nearest known one is %s; known are %s"
                    .formatted(preset, nearest, String.join(", ", Preset.keys()))));
        }
        return bind(resource(preset), "--config", files, arguments);
    }

    /**
     * The configuration that a run has left behind; given are the arguments' keys alone. Iterations that are given have the time that they
     * take: {@code maxMinutes} of before was about others.
     *
     * @param file the run's {@code config.yaml}
     * @param arguments {@code key=value} that now differ from it
     * @throws InvalidConfigException with everything that is wrong with it
     * @throws IOException if the file cannot be read
     */
    public static Configuration ofRun(Path file, List<String> arguments) throws IOException {
        Set<String> keys = arguments.stream()
                .map(argument -> argument.substring(0, Math.max(0, argument.indexOf('=')))
                        .strip())
                .collect(Collectors.toSet());
        List<String> all = new ArrayList<>(arguments);
        if (keys.contains("iterations") && !keys.contains("maxMinutes")) {
            all.add("maxMinutes=0");
        }
        return new Configuration(bind(DEFAULTS, "", List.of(file), all).config(), keys);
    }

    private static Configuration bind(String resource, String option, List<Path> files, List<String> arguments)
            throws IOException {
        List<Layer> layers = new ArrayList<>();
        layers.add(Layer.ofResource(DEFAULTS));
        layers.addAll(preset(resource));
        for (Path file : files) {
            layers.add(Layer.ofFile(option, file));
        }
        layers.add(Layer.ofArguments(arguments));
        Binder.Bound<TrainConfig> bound = Binder.bind(TrainConfig.class, layers);
        String model = bound.record().model();
        if (!model.equals(TrainConfig.BUILT_IN)) {
            layers.add(Layer.ofArguments(
                    List.of("model=" + Path.of(model).toAbsolutePath().normalize())));
            bound = Binder.bind(TrainConfig.class, layers);
        }
        return new Configuration(bound.record(), bound.given());
    }

    /** A preset's layer, over those of the preset that its first line, {@code preset: NAME}, is based on. */
    private static List<Layer> preset(String resource) throws IOException {
        Layer layer = Layer.ofResource(resource);
        JsonNode base = layer.values().remove("preset");
        List<Layer> layers = new ArrayList<>(base == null ? List.of() : preset(resource(base.asText())));
        layers.add(layer);
        return layers;
    }

    private static String resource(String preset) {
        return "/presets/" + preset + ".yaml";
    }

    /** The same with what was decided where it leaves something open. */
    public Configuration with(TrainConfig decided) {
        return new Configuration(decided, given);
    }

    /** The same with so many iterations. */
    public Configuration withIterations(int number) {
        return new Configuration(config.withIterations(number), given);
    }

    /** All keys, dotted, with {@code *} for the name of a reward. */
    public static Set<String> keys() {
        return Keys.leaves(TrainConfig.class).keySet();
    }

    /**
     * Rewards that stand in the preset alone and are not there, where the user has named one that is: that one takes their place. None
     * where the user has named no reward, so that a preset without its rewards is an error and not another recipe.
     *
     * @param available names of all rewards that there are
     */
    public List<String> replacedRewards(Set<String> available) {
        Predicate<String> isGiven = reward -> given.stream().anyMatch(key -> key.startsWith("rewards." + reward + "."));
        Set<String> rewards = config.rewards().keySet();
        if (rewards.stream().filter(available::contains).noneMatch(isGiven)) {
            return List.of();
        }
        return rewards.stream()
                .filter(reward -> !available.contains(reward) && !isGiven.test(reward))
                .toList();
    }

    /** All keys with their values as YAML, to be read by {@link #ofRun}. */
    public String toYaml() {
        return YamlText.of(config);
    }
}
