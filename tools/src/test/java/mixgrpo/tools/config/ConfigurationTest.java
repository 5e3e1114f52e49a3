package mixgrpo.tools.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mixgrpo.trainer.config.CheckpointConfig;
import mixgrpo.trainer.config.EvaluateConfig;
import mixgrpo.trainer.config.InvalidConfigException;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.OfficialDeviation;
import mixgrpo.trainer.config.OptimizerConfig;
import mixgrpo.trainer.config.PolicyConfig;
import mixgrpo.trainer.config.PostConfig;
import mixgrpo.trainer.config.PreConfig;
import mixgrpo.trainer.config.PromptsConfig;
import mixgrpo.trainer.config.RewardConfig;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.SyncConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.config.WindowConfig;
import mixgrpo.trainer.libtorch.DeviceChoice;
import mixgrpo.trainer.torchscript.LoraConfig;
import mixgrpo.trainer.torchscript.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationTest {

    @TempDir
    private Path folder;

    @Test
    void defaultsAreThese() throws IOException {
        TrainConfig expected = new TrainConfig(
                "run",
                1,
                300,
                0,
                "scenes",
                Optional.empty(),
                DeviceChoice.AUTO,
                new PromptsConfig(Optional.empty(), 4, Optional.empty()),
                new RolloutConfig(
                        64,
                        64,
                        3.5,
                        25,
                        RolloutConfig.Schedule.SHIFTED,
                        3,
                        List.of(),
                        0.7,
                        RolloutConfig.Kernel.FLOW,
                        12,
                        true,
                        24,
                        RolloutConfig.Engine.AUTO,
                        RolloutConfig.Precision.FP32,
                        RolloutConfig.OdePrecision.FP32),
                new WindowConfig(
                        WindowConfig.Strategy.PROGRESSIVE,
                        4,
                        1,
                        25,
                        1,
                        .1,
                        13,
                        List.of(),
                        .6,
                        0,
                        Optional.empty(),
                        WindowConfig.End.ROLLBACK),
                new PreConfig(PostConfig.Solver.EULER, 1, PostConfig.Variant.MIDPOINT, 1),
                new PostConfig(PostConfig.Solver.EULER, 1, PostConfig.Variant.MIDPOINT, 1, PostConfig.History.RESTART),
                new LossConfig(
                        LossConfig.Objective.CLIP,
                        1e-4,
                        1e-5,
                        LossConfig.Weighting.UNIFORM,
                        LossConfig.Reduction.MEAN,
                        LossConfig.OldLogProb.ROLLOUT,
                        0,
                        0,
                        LossConfig.Reference.NONE,
                        .01,
                        LossConfig.Aggregation.ADVANTAGE,
                        LossConfig.RewardWeights.NORMALISED,
                        LossConfig.Scope.GROUP,
                        0,
                        1e-8,
                        5),
                new OptimizerConfig(
                        1e-5,
                        OptimizerConfig.Schedule.CONSTANT,
                        0.5,
                        0.1,
                        0,
                        1e-4,
                        1,
                        4,
                        OptimizerConfig.Remainder.USED,
                        0.9,
                        0.999,
                        1e-8,
                        0),
                new PolicyConfig(
                        PolicyConfig.Mode.FULL,
                        new LoraConfig(16, 16, List.of("attn.to_q", "attn.to_k", "attn.to_v", "attn.to_out.0")),
                        Precision.FP32,
                        false,
                        1),
                new SyncConfig(1, SyncConfig.Mode.AUTO),
                Map.of("any", new RewardConfig(1, false, true)),
                new EvaluateConfig(0, Optional.empty(), 128, 4),
                new CheckpointConfig(50, 2),
                List.of());
        assertEquals(expected, bind("rewards: {any: {}}").record());
    }

    @Test
    void everyKeyArrives() throws IOException {
        TrainConfig defaults = bind("rewards: {any: {}}").record();
        Map<String, Type> leaves = Keys.leaves(TrainConfig.class);
        Map<String, Object> before = flatten(defaults);
        List<String> arguments = new ArrayList<>();
        leaves.forEach((key, type) -> {
            String named = key.replace("*", "any");
            arguments.add(named + "=" + other(key, type, before.get(named)));
        });
        arguments.add("rewards.second.weight=1"); // one reward must stay trained
        TrainConfig changed = bind("", arguments.toArray(String[]::new)).record();
        Map<String, Object> after = flatten(changed);
        for (String key : leaves.keySet()) {
            String named = key.replace("*", "any");
            assertTrue(!before.get(named).equals(after.get(named)), key + " stayed " + after.get(named));
        }
        assertEquals(
                changed,
                Binder.bind(TrainConfig.class, List.of(defaultsLayer(), yaml(YamlText.of(changed))))
                        .record());
    }

    /** A value that the key takes and that is not {@code now}. */
    private static String other(String key, Type type, Object now) {
        if (type instanceof Class<?> choice && choice.isEnum()) {
            Object[] constants = choice.getEnumConstants();
            return Leaf.name(now.equals(constants[0]) ? constants[1] : constants[0]);
        } else if (type == boolean.class) {
            return String.valueOf(!(boolean) now);
        } else if (type == int.class || type == long.class) {
            return String.valueOf(
                    key.matches("rollout.(width|height)") ? ((int) now) * 2 : ((Number) now).longValue() + 1);
        } else if (type == double.class) {
            double value = (double) now;
            return String.valueOf(value == 0 ? 0.25 : value / 2);
        } else if (type instanceof ParameterizedType generic && generic.getRawType() == List.class) {
            Type element = generic.getActualTypeArguments()[0];
            if (element instanceof Class<?> choice && choice.isEnum()) {
                return "[" + Leaf.name(choice.getEnumConstants()[1]) + "]";
            }
            return element == String.class ? "[one,two.0]" : "[3, 1]";
        } else if (type instanceof ParameterizedType generic && generic.getActualTypeArguments()[0] == Integer.class) {
            return "7";
        }
        return "other";
    }

    private static Map<String, Object> flatten(TrainConfig config) throws IOException {
        Map<String, Object> flat = new LinkedHashMap<>();
        flatten("", config, flat);
        return flat;
    }

    private static void flatten(String prefix, Object value, Map<String, Object> flat) {
        if (value instanceof Map<?, ?> map) {
            map.forEach((name, entry) -> flatten(prefix + "." + name, entry, flat));
        } else if (value instanceof Record record) {
            for (var component : record.getClass().getRecordComponents()) {
                try {
                    String key = prefix.isEmpty() ? component.getName() : prefix + "." + component.getName();
                    flatten(key, component.getAccessor().invoke(record), flat);
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException(e);
                }
            }
        } else {
            flat.put(prefix, value);
        }
    }

    @Test
    void everyPresetLoadsAndComesBackFromItsOwnYaml() throws IOException {
        for (Preset preset : Preset.values()) {
            List<String> own =
                    preset.key().startsWith("paper") ? List.of("model=flux", "prompts=prompts.txt") : List.of();
            Configuration loaded = Configuration.load(preset.key(), List.of(), own);
            assertEquals(preset.key(), loaded.config().name());
            Path file = Files.writeString(folder.resolve(preset.key() + ".yaml"), loaded.toYaml());
            assertEquals(loaded.config(), Configuration.ofRun(file, List.of()).config());
        }
    }

    /** A run's own file holds every key; what is given are those beside it. */
    @Test
    void iterationsThatAreGivenHaveTheTimeThatTheyTake() throws IOException {
        Path file = Files.writeString(
                folder.resolve("config.yaml"),
                Configuration.load("quickstart", List.of(), List.of()).toYaml());
        Configuration same = Configuration.ofRun(file, List.of());
        assertEquals(Set.of(), same.given());
        assertEquals(9.25, same.config().maxMinutes());
        Configuration longer = Configuration.ofRun(file, List.of("iterations=500", "evaluate.seeds = 8"));
        assertEquals(Set.of("iterations", "evaluate.seeds"), longer.given());
        assertEquals(0, longer.config().maxMinutes());
        assertEquals(500, longer.config().iterations());
        Configuration both = Configuration.ofRun(file, List.of("iterations=500", "maxMinutes=20"));
        assertEquals(20, both.config().maxMinutes());
    }

    @Test
    void everyPresetFileIsKnown() throws Exception {
        Path resources = Path.of(
                        Preset.class.getResource("/presets/defaults.yaml").toURI())
                .getParent();
        try (var files = Files.list(resources)) {
            List<String> names = files.map(file -> file.getFileName().toString().replace(".yaml", ""))
                    .filter(name -> !name.equals("defaults"))
                    .sorted()
                    .toList();
            assertEquals(Preset.keys().stream().sorted().toList(), names);
        }
    }

    @Test
    void argumentsLieOverFilesAndFilesOverThePreset() throws IOException {
        Path file = Files.writeString(
                folder.resolve("mine.yaml"), "iterations: 7\nseed: 8\noptimizer: {learningRate: 3e-5}\n");
        Configuration loaded = Configuration.load("quickstart", List.of(file), List.of("seed=9"));
        assertEquals(7, loaded.config().iterations());
        assertEquals(9, loaded.config().seed());
        assertEquals(3e-5, loaded.config().optimizer().learningRate());
        assertEquals(1, loaded.config().window().size());
        assertEquals(Set.of("iterations", "seed", "optimizer.learningRate"), loaded.given());
    }

    @Test
    void pathsBecomeAbsolute() throws IOException {
        TrainConfig config = Configuration.load("paper", List.of(), List.of("model=flux", "prompts=lists/a.txt"))
                .config();
        assertEquals(Path.of("flux").toAbsolutePath().toString(), config.model());
        assertEquals(
                Optional.of(Path.of("lists/a.txt").toAbsolutePath()),
                config.prompts().file());
    }

    @Test
    void aRewardOfThePresetCanBeTakenAway() throws IOException {
        TrainConfig config = Configuration.load(
                        "quickstart", List.of(), List.of("rewards.strict=null", "rewards.jpeg.weight=0.25"))
                .config();
        assertEquals(Set.of("scene", "likeness", "jpeg"), config.rewards().keySet());
        assertEquals(new RewardConfig(0.25, false, true), config.rewards().get("jpeg"));
    }

    @Test
    void allFaultsAreReportedTogether() {
        List<String> faults = faults(
                "windo: {size: 4}\noptimizer: {learningrate: 1e-3, beta1: 1.5}\nrollout: {steps: many, images: 1}\n"
                        + "rewards: {any: {weight: -1}}",
                "window.size=99",
                "shiftInterval=15",
                "train.lora.rank=0",
                "rollout.kernel=ddpm",
                "post=fast");
        assertEquals(
                """
                windo: unknown key (my.yaml); the nearest known one is window
                optimizer.learningrate: unknown key (my.yaml); the nearest known one is optimizer.learningRate
                rollout.steps: expected a whole number, got 'many' (my.yaml)
                shiftInterval: unknown key (command line); the nearest known one is window.shiftInterval
                rollout.kernel: expected flow | dance | cps | dpm, got 'ddpm' (command line)
                post: expected post.solver, post.order, post.variant, post.ratio, post.history, got 'fast' (command line)
                rollout.images: expected 2..65536 (an advantage compares the images of a prompt), got 1
                optimizer.beta1: expected 0 or more and below 1, got 1.5
                train.lora.rank: expected 1 or more, got 0
                rewards.any.weight: expected a positive number, got -1.0""",
                String.join("\n", faults));
    }

    @Test
    void aListOfChoicesMayBeAllOrNone() throws IOException {
        String reward = "rewards: {any: {}}";
        assertEquals(List.of(), bind(reward, "officialCompat=false").record().officialCompat());
        List<OfficialDeviation> all = List.of(OfficialDeviation.values());
        assertEquals(all, bind(reward, "officialCompat=true").record().officialCompat());
        assertEquals(all, bind(reward + "\nofficialCompat: true").record().officialCompat());
        List<OfficialDeviation> two = List.of(OfficialDeviation.MODEL_TIME, OfficialDeviation.POST_SCHEDULE);
        assertEquals(
                two,
                bind(reward, "officialCompat=[model-time, post-schedule]")
                        .record()
                        .officialCompat());
        assertEquals(
                two,
                bind(reward + "\nofficialCompat: [model-time, post-schedule]")
                        .record()
                        .officialCompat());
        String fault = faults(reward, "officialCompat=[time]").get(0);
        assertTrue(fault.startsWith("officialCompat: expected post-schedule | post-history |"), fault);
    }

    @Test
    void aFaultBetweenRecordsIsReportedBesideAFaultInAnother() {
        assertEquals(
                List.of(
                        "optimizer.learningRate: expected a positive number, got -1.0",
                        "window.size: expected 1..25 (steps 0 to 24 of rollout.steps 25), got 99"),
                faults("rewards: {any: {}}", "window.size=99", "optimizer.learningRate=-1"));
    }

    @Test
    void aModelOfTheUsersNeedsPromptsAndThePaperNeedsAModel() {
        InvalidConfigException none =
                assertThrows(InvalidConfigException.class, () -> Configuration.load("paper", List.of(), List.of()));
        assertEquals(
                List.of("model: expected 'scenes' or the path of a model folder (--model DIR), got nothing"),
                none.faults());
        InvalidConfigException noPrompts = assertThrows(
                InvalidConfigException.class, () -> Configuration.load("paper", List.of(), List.of("model=flux")));
        assertEquals(
                List.of("prompts.file: expected a file with one prompt a line (--prompts FILE) for a model that is not"
                        + " built in, got nothing"),
                noPrompts.faults());
    }

    @Test
    void anUnknownPresetNamesTheNearest() {
        InvalidConfigException unknown =
                assertThrows(InvalidConfigException.class, () -> Configuration.load("quikstart", List.of(), List.of()));
        assertTrue(unknown.getMessage().contains("the nearest known one is quickstart"), unknown.getMessage());
    }

    @Test
    void whatIsNotYamlIsRefusedWithItsLine() {
        assertTrue(faults("seed: 1\nwindow: {size: 4").get(0).startsWith("my.yaml, line 2: not readable as YAML"));
        assertTrue(faults("seed: 1\nseed: 2\n").get(0).contains("Duplicate field 'seed'"));
        assertEquals(List.of("my.yaml: expected keys and values in YAML, got ARRAY"), faults("[1, 2]"));
    }

    @Test
    void anArgumentWithoutAValueIsRefused() {
        assertEquals(List.of("'seed': expected key=value, as in window.shiftInterval=15"), faults("", "seed"));
    }

    @Test
    void numbersAreReadAsPeopleWriteThem() throws IOException {
        TrainConfig config = bind(
                        "rewards: {any: {}}\noptimizer: {learningRate: 1e-4, maxGradNorm: infinity, epsilon: 1}",
                        "loss.clipRange=2E-4")
                .record();
        assertEquals(1e-4, config.optimizer().learningRate());
        assertEquals(Double.POSITIVE_INFINITY, config.optimizer().maxGradNorm());
        assertEquals(2e-4, config.loss().clipRange());
        assertTrue(YamlText.of(config).contains("clipRange: 0.0002\n"), YamlText.of(config));
        assertEquals(
                config,
                Binder.bind(TrainConfig.class, List.of(defaultsLayer(), yaml(YamlText.of(config))))
                        .record());
    }

    private static List<String> faults(String yaml, String... arguments) {
        return assertThrows(InvalidConfigException.class, () -> bind(yaml, arguments))
                .faults();
    }

    private static Binder.Bound<TrainConfig> bind(String yaml, String... arguments) throws IOException {
        return Binder.bind(
                TrainConfig.class, List.of(defaultsLayer(), yaml(yaml), Layer.ofArguments(List.of(arguments))));
    }

    private static Layer defaultsLayer() throws IOException {
        return Layer.ofResource("/presets/defaults.yaml");
    }

    private static Layer yaml(String text) {
        return Layer.ofYaml("my.yaml", true, text);
    }
}
