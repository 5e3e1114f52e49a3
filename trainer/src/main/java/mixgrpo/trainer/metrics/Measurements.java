package mixgrpo.trainer.metrics;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What one iteration measured: numbers by their {@link Metric}'s name. */
public final class Measurements {

    private static final Pattern ENTRY = Pattern.compile("\"([^\"\\\\]+)\":(-?[0-9][-+.0-9eE]*|null)(,|}$)");
    private static final String ITERATION = "iteration";

    private final int iteration;
    private final Map<String, Double> values = new LinkedHashMap<>();

    /**
     * @param iteration from 0
     */
    public Measurements(int iteration) {
        if (iteration < 0) {
            throw new IllegalArgumentException("iteration: expected 0 or more, got " + iteration);
        }
        this.iteration = iteration;
    }

    public int iteration() {
        return iteration;
    }

    /** Sets a metric that there is one of. */
    public Measurements put(Metric metric, double value) {
        if (metric.key().contains("*")) {
            throw new IllegalArgumentException(
                    "metric %s needs the reward or the phase it is of".formatted(metric.key()));
        }
        values.put(metric.key(), value);
        return this;
    }

    /** Sets a metric of one reward. */
    public Measurements put(Metric metric, String reward, double value) {
        values.put(metric.key(reward), value);
        return this;
    }

    /** Sets a metric of one phase. */
    public Measurements put(Metric metric, Phase phase, double value) {
        return put(metric, phase.key(), value);
    }

    public OptionalDouble get(Metric metric) {
        return get(metric.key());
    }

    /** The value of the metric with this full name; empty if it was not measured. */
    public OptionalDouble get(String name) {
        Double value = values.get(name);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    /** All values by full name, in the order in which they were set. */
    public Map<String, Double> values() {
        return Collections.unmodifiableMap(values);
    }

    /** One line of {@code metrics.jsonl}, names sorted; what is not a finite number is null. */
    String toJson() {
        StringBuilder json = new StringBuilder("{\"%s\":%d".formatted(ITERATION, iteration));
        new TreeMap<>(values).forEach((name, value) -> json.append(",\"")
                .append(name)
                .append("\":")
                .append(Double.isFinite(value) ? value.toString() : "null"));
        return json.append('}').toString();
    }

    /**
     * Reads what {@link #toJson} wrote.
     *
     * @throws IllegalArgumentException if the line is anything else, as the last line of a killed run may be
     */
    static Measurements ofJson(String line) {
        Map<String, Double> values = new LinkedHashMap<>();
        Matcher entry = ENTRY.matcher(line);
        int at = 1;
        while (at < line.length() && line.charAt(0) == '{' && entry.find(at) && entry.start() == at) {
            values.put(entry.group(1), entry.group(2).equals("null") ? Double.NaN : Double.valueOf(entry.group(2)));
            at = entry.end();
        }
        Double iteration = values.remove(ITERATION);
        if (at != line.length() || !line.endsWith("}") || iteration == null || iteration != iteration.intValue()) {
            throw new IllegalArgumentException("not a line of metrics: '%s'".formatted(line));
        }
        Measurements measurements = new Measurements(iteration.intValue());
        measurements.values.putAll(values);
        return measurements;
    }
}
