package mixgrpo.tools.gpucheck;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import mixgrpo.runtime.engine.NvidiaDriver;
import mixgrpo.tools.figures.Figures;
import mixgrpo.tools.figures.Word;

/**
 * What came of all checks.
 *
 * @param program its version
 * @param profile that it was built with; empty for none
 * @param driver version of the NVIDIA driver
 * @param gpus by name
 * @param missing what could not be checked, and why
 * @param steps so far
 */
public record CheckReport(
        String program, String profile, String driver, List<String> gpus, List<String> missing, List<StepResult> steps)
        implements Figures {

    static CheckReport of(String program, String profile, Ability ability, List<StepResult> steps) {
        NvidiaDriver driver = NvidiaDriver.ofMachine().orElse(new NvidiaDriver("none", List.of()));
        return new CheckReport(
                program, profile, driver.version(), driver.devices(), ability.missing(), List.copyOf(steps));
    }

    /** Whether none failed. */
    public boolean passed() {
        return steps.stream().noneMatch(step -> step.state() == StepResult.State.FAILED);
    }

    /** How many were left out. */
    public long skipped() {
        return steps.stream()
                .filter(step -> step.state() == StepResult.State.SKIPPED)
                .count();
    }

    /** One line a check. */
    public String table() {
        return steps.stream().map(CheckReport::line).collect(Collectors.joining());
    }

    /** Of one check. */
    static String line(StepResult step) {
        return "%-8s %-34s %8.1f s  %s%n".formatted(Word.of(step.state()), step.name(), step.seconds(), step.reason());
    }

    /** For a bug tracker or a README. */
    public String markdown() {
        StringBuilder text = new StringBuilder("# GPU check: %s%n%n%s, profile %s, NVIDIA driver %s, %s%n"
                .formatted(
                        "%s, %d skipped".formatted(passed() ? "passed" : "FAILED", skipped()),
                        program,
                        profile.isEmpty() ? "none" : profile,
                        driver,
                        gpus.isEmpty() ? "no GPU" : String.join(", ", gpus)));
        if (!missing.isEmpty()) {
            text.append("%nNot checked:%n%n".formatted());
            missing.forEach(reason -> text.append("- %s%n".formatted(reason)));
        }
        text.append("%n| check | outcome | seconds | GPU memory before, after (GB) | |%n|---|---|---|---|---|%n"
                .formatted());
        for (StepResult step : steps) {
            text.append("| %s | %s | %.1f | %s, %s | %s |%n"
                    .formatted(
                            step.name(),
                            Word.of(step.state()),
                            step.seconds(),
                            gigabytes(step.gpuBytesBefore()),
                            gigabytes(step.gpuBytesAfter()),
                            step.reason()));
        }
        steps.stream().filter(step -> !step.log().isEmpty()).forEach(step -> details(step, text));
        return text.toString();
    }

    private static void details(StepResult step, StringBuilder text) {
        text.append("%n## %s%n%n`%s`%n".formatted(step.name(), String.join(" ", step.command())));
        if (!step.metrics().isEmpty()) {
            text.append("%n| metric of the last iteration | |%n|---|---|%n".formatted());
            for (Map.Entry<String, Double> metric : step.metrics().entrySet()) {
                text.append("| %s | %.6g |%n".formatted(metric.getKey(), metric.getValue()));
            }
        }
        text.append("%n```%n%s%n```%n".formatted(String.join("\n", step.log())));
    }

    private static String gigabytes(Long bytes) {
        return bytes == null ? "-" : String.format(Locale.ROOT, "%.2f", bytes / 1e9);
    }
}
