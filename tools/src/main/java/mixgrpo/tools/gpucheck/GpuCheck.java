package mixgrpo.tools.gpucheck;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import mixgrpo.models.weights.AtomicFile;

/** All checks one after the other. The report is written after each, so that what was found survives whatever comes. */
public final class GpuCheck {

    private final CheckPlan plan;
    private final Ability ability;
    private final RandomFlux flux;
    private final Duration limit;
    private final String program;

    /**
     * @param flux transformer of true sizes that engines are tried on
     * @param limit of one check
     * @param program its version, for the report
     */
    public GpuCheck(CheckPlan plan, Ability ability, RandomFlux flux, Duration limit, String program) {
        this.plan = plan;
        this.ability = ability;
        this.flux = flux;
        this.limit = limit;
        this.program = program;
    }

    /**
     * Runs them all in the plan's folder, which is made.
     *
     * @param progress told a line for each check that begins or ends
     * @throws InterruptedException if the thread is
     */
    public CheckReport run(Consumer<String> progress) throws IOException, InterruptedException {
        Path logs = Files.createDirectories(plan.out().resolve("logs"));
        progress.accept("writing a random transformer with the widths of FLUX.1-dev%n".formatted());
        flux.write(plan.out().resolve(CheckPlan.FLUX));
        CheckRun run = new CheckRun(logs, limit);
        List<StepResult> results = new ArrayList<>();
        CheckReport report = CheckReport.of(program, plan.profile(), ability, results);
        for (CheckStep step : plan.steps(ability)) {
            progress.accept("running  %s%n".formatted(step.name()));
            StepResult result = run.of(step);
            progress.accept(CheckReport.line(result));
            results.add(result);
            report = CheckReport.of(program, plan.profile(), ability, results);
            AtomicFile.write(plan.out().resolve("report.json"), report.json());
            AtomicFile.write(plan.out().resolve("report.md"), report.markdown().getBytes(StandardCharsets.UTF_8));
        }
        return report;
    }
}
