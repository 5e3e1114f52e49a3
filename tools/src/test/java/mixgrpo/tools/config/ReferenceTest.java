package mixgrpo.tools.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.metrics.Metric;
import org.junit.jupiter.api.Test;

/**
 * The references in {@code trainer/} say what the Javadoc of the records and the metrics' enum say. {@code -Dreference.write=true} writes them
 * anew.
 */
class ReferenceTest {

    private static final Path TRAINER = Path.of("../trainer");

    @Test
    void theReferenceOfTheConfigurationIsUpToDate() throws IOException {
        StringBuilder text = new StringBuilder(
                """
                # Configuration

                Every key of a run, given as `key=value` or as YAML (`--config FILE`). Made from the records in `mixgrpo.trainer.config` and
                `presets/defaults.yaml`; a test keeps it so.

                | key | default | choices | what it is |
                |---|---|---|---|
                """);
        Binder.Bound<TrainConfig> defaults = Binder.bind(
                TrainConfig.class,
                List.of(
                        Layer.ofResource("/presets/defaults.yaml"),
                        Layer.ofYaml("one reward", false, "rewards: {NAME: {}}")));
        describe(defaults.record(), "", text);
        check(TRAINER.resolve("CONFIGURATION.md"), text.toString());
    }

    @Test
    void theReferenceOfTheMetricsIsUpToDate() throws IOException {
        StringBuilder text = new StringBuilder(
                """
                # Metrics

                The names in `metrics.jsonl`, one line an iteration; TensorBoard has them with `/` for `.`. A `*` stands for a reward's name or a
                phase (rollout, decode, reward, train, sync, evaluate). Made from the enum `Metric`; a test keeps it so. What is marked "time"
                differs between two runs of the same seed; everything else is the same.

                | name | unit | | what it tells |
                |---|---|---|---|
                """);
        for (Metric metric : Metric.values()) {
            text.append("| `%s` | %s | %s | %s |%n"
                    .formatted(metric.key(), metric.unit(), metric.reproducible() ? "" : "time", metric.meaning()));
        }
        check(TRAINER.resolve("METRICS.md"), text.toString());
    }

    private static void check(Path file, String text) throws IOException {
        if (Boolean.getBoolean("reference.write")) {
            Files.writeString(file, text);
        }
        assertEquals(
                Files.readString(file),
                text,
                file + " is not what the sources say; write it anew with -Dreference.write=true");
    }

    private static void describe(Record record, String prefix, StringBuilder text) throws IOException {
        String javadoc = javadoc(record.getClass());
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            Object value;
            try {
                value = component.getAccessor().invoke(record);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
            String key = prefix + component.getName();
            if (value instanceof Record inner) {
                describe(inner, key + ".", text);
            } else if (value instanceof Map<?, ?> map) {
                describe((Record) map.get("NAME"), key + ".NAME.", text);
            } else {
                text.append("| `%s` | %s | %s | %s |%n"
                        .formatted(key, shown(value), choices(component), parameter(javadoc, component.getName())));
            }
        }
    }

    private static String shown(Object value) {
        String yaml =
                YamlText.of(new Shown(value)).replaceFirst("value:\\s*", "").strip();
        return yaml.startsWith("- ") ? yaml.replaceFirst("- ", "").replaceAll("\\s*- ", ", ") : yaml;
    }

    private record Shown(Object value) {}

    private static String choices(RecordComponent component) {
        if (component.getGenericType() instanceof ParameterizedType generic
                && generic.getActualTypeArguments()[0] instanceof Class<?> element
                && element.isEnum()) {
            return "true, false, or a list of " + choices(element);
        }
        return component.getType().isEnum() ? choices(component.getType()) : "";
    }

    private static String choices(Class<?> choice) {
        return Arrays.stream(choice.getEnumConstants()).map(Leaf::name).collect(Collectors.joining(", "));
    }

    private static String javadoc(Class<?> record) throws IOException {
        Path source = TRAINER.resolve("src/main/java/" + record.getName().replace('.', '/') + ".java");
        Matcher javadoc =
                Pattern.compile("(?s)/\\*\\*(.*?)\\*/\\s*public record").matcher(Files.readString(source));
        assertTrue(javadoc.find(), source + " has no Javadoc");
        return javadoc.group(1).replaceAll("\\s*\\n[ *]*", " ").strip();
    }

    private static String parameter(String javadoc, String name) {
        Matcher parameter =
                Pattern.compile("@param " + name + " (.*?)(?= @param |$)").matcher(javadoc);
        assertTrue(parameter.find(), "no @param " + name + " in" + javadoc);
        return parameter
                .group(1)
                .strip()
                .replace("{@value #BUILT_IN}", "`" + TrainConfig.BUILT_IN + "`")
                .replaceAll("\\{@code ([^}]*)}", "`$1`")
                .replace("|", "\\|");
    }
}
