package mixgrpo.tools.gpucheck;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import mixgrpo.runtime.engine.GpuUse;

/**
 * Runs a check and waits for it.
 *
 * @param logs folder for what commands print
 * @param limit of a check; one that takes longer is stopped and has failed
 */
record CheckRun(Path logs, Duration limit) {

    private static final int SHOWN_LINES = 60;
    private static final Pattern TOLD_METRICS =
            Pattern.compile("seconds\\..*|logProb\\..*|sync\\..*|memory\\..*|reward\\..*\\.mean|gradient\\.norm");

    /** @throws InterruptedException if the thread is, after the command was stopped */
    StepResult of(CheckStep step) throws IOException, InterruptedException {
        if (step.skipped().isPresent()) {
            return StepResult.skipped(step, step.skipped().get());
        }
        Path log = logs.resolve(step.name() + ".log");
        Long before = GpuUse.bytes();
        long start = System.nanoTime();
        ProcessBuilder builder = new ProcessBuilder(step.command())
                .directory(step.folder().toFile())
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return StepResult.failed(step, "cannot be started: %s".formatted(e.getMessage()));
        }
        boolean ended = waitFor(process);
        double seconds = (System.nanoTime() - start) / 1e9;
        String reason = !ended
                ? "stopped after %d minutes".formatted(limit.toMinutes())
                : process.exitValue() == 0 ? "" : "ended with code %d".formatted(process.exitValue());
        return new StepResult(
                step.name(),
                step.command(),
                reason.isEmpty() ? StepResult.State.PASSED : StepResult.State.FAILED,
                reason,
                ended ? process.exitValue() : null,
                seconds,
                before,
                GpuUse.bytes(),
                step.metrics().isPresent() ? metrics(step.metrics().get()) : Map.of(),
                end(log));
    }

    /** Whether it ended by itself. Nothing of it runs on afterwards, its own children neither. */
    private boolean waitFor(Process process) throws InterruptedException {
        try {
            return process.waitFor(limit.toSeconds(), TimeUnit.SECONDS);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
    }

    /** Of the last line; none if the run has not come that far. */
    private static Map<String, Double> metrics(Path file) throws IOException {
        Map<String, Double> metrics = new TreeMap<>();
        List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
        if (!lines.isEmpty()) {
            JsonNode last = new ObjectMapper().readTree(lines.get(lines.size() - 1));
            last.properties().stream()
                    .filter(metric -> TOLD_METRICS.matcher(metric.getKey()).matches())
                    .forEach(metric ->
                            metrics.put(metric.getKey(), metric.getValue().asDouble()));
        }
        return metrics;
    }

    private static List<String> end(Path log) throws IOException {
        List<String> lines = new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
                .lines()
                .toList();
        return lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size());
    }
}
