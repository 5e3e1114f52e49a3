package mixgrpo.tools.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeSet;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.run.Summary;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.MetricsLog;

/**
 * What a run has left so far.
 *
 * @param config as YAML
 * @param metrics by iteration
 * @param summary absent while the run goes on
 * @param samples grids of pictures in the order of iterations
 */
record RunData(
        String name, String config, List<Measurements> metrics, Optional<Summary> summary, List<Sample> samples) {

    /** A grid of pictures, a PNG. */
    record Sample(String name, byte[] png) {}

    /** The iterations, from 1 as on the console, [from, to) during which the window stayed at [start, start + size). */
    record Stay(int from, int to, int start, int size) {}

    static RunData read(RunFolder folder) throws IOException {
        List<Sample> samples = new ArrayList<>();
        for (Path file : folder.sampleFiles()) {
            samples.add(new Sample(file.getFileName().toString().replace(".png", ""), Files.readAllBytes(file)));
        }
        List<Measurements> metrics =
                Files.exists(folder.metrics()) ? MetricsLog.read(folder.metrics()) : List.<Measurements>of();
        Optional<Summary> summary =
                Files.exists(folder.summary()) ? Optional.of(Summary.read(folder.summary())) : Optional.empty();
        // A run that was complete and goes on has the summary of then until it is complete again.
        int done = metrics.isEmpty() ? 0 : metrics.get(metrics.size() - 1).iteration() + 1;
        return new RunData(
                folder.name(),
                Files.readString(folder.config()),
                metrics,
                summary.filter(of -> of.iterations() >= done),
                samples);
    }

    /** Names of all values that were measured at least once, sorted. */
    List<String> names() {
        TreeSet<String> names = new TreeSet<>();
        metrics.forEach(line -> names.addAll(line.values().keySet()));
        return List.copyOf(names);
    }

    /** What stands for {@code *} in names like {@code reward.*.mean}. */
    List<String> variants(String pattern) {
        String regex = pattern.replace(".", "\\.").replace("*", "([\\w-]+)");
        return names().stream()
                .filter(name -> name.matches(regex))
                .map(name -> name.replaceFirst(regex, "$1"))
                .toList();
    }

    /** The finite values of a metric over iterations, the first of which is 1 as on the console. */
    List<LineChart.Point> curve(String name) {
        List<LineChart.Point> points = new ArrayList<>();
        for (Measurements line : metrics) {
            OptionalDouble value = line.get(name);
            if (value.isPresent() && Double.isFinite(value.getAsDouble())) {
                points.add(new LineChart.Point(line.iteration() + 1, value.getAsDouble()));
            }
        }
        return points;
    }

    double sum(String name) {
        return curve(name).stream().mapToDouble(LineChart.Point::y).sum();
    }

    /** Where the window stayed, in order. */
    List<Stay> stays() {
        List<Stay> stays = new ArrayList<>();
        for (Measurements line : metrics) {
            OptionalDouble start = line.get("window.start");
            OptionalDouble size = line.get("window.size");
            if (start.isEmpty() || size.isEmpty()) {
                continue;
            }
            int from = line.iteration() + 1;
            Stay now = new Stay(from, from + 1, (int) start.getAsDouble(), (int) size.getAsDouble());
            Stay last = stays.isEmpty() ? null : stays.get(stays.size() - 1);
            if (last != null && last.start == now.start && last.size == now.size) {
                stays.set(stays.size() - 1, new Stay(last.from, now.to, now.start, now.size));
            } else {
                stays.add(now);
            }
        }
        return stays;
    }
}
