package mixgrpo.tools;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import mixgrpo.tools.bench.Comparison;
import mixgrpo.tools.bench.ComparisonBench;
import mixgrpo.tools.bench.ComparisonPage;
import mixgrpo.tools.bench.ComparisonPlan;
import mixgrpo.tools.bench.ComparisonTraining;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.run.HeldOut;

/** The comparison of presets: measured first, then trained if that is wanted. What there is so far is written each time. */
final class CompareRun {

    private final ComparisonPlan plan;
    private final OutputFile json;
    private final OutputFile html;
    private final Console console;

    CompareRun(ComparisonPlan plan, OutputFile json, OutputFile html, Console console) {
        this.plan = plan;
        this.json = json;
        this.html = html;
        this.console = console;
    }

    ExitCode call() throws Exception {
        json.check();
        html.check();
        ComparisonTraining training = new ComparisonTraining(plan);
        NativeThreads.alone("tools/bench compare", plan.threads());
        Comparison comparison = measured();
        write(comparison);
        if (plan.train().isPresent()) {
            for (String preset : plan.presets()) {
                comparison = comparison.withTrained(plan.train().getAsInt(), preset, trained(training, preset));
                write(comparison);
            }
        }
        console.print(comparison.table());
        return ExitCode.OK;
    }

    private Comparison measured() throws Exception {
        try (ComparisonBench bench = GivenException.reading(() -> new ComparisonBench(plan))) {
            Progress progress = new Progress(console, "iteration", 0, bench.iterations());
            Comparison comparison = bench.measure(progress::update);
            progress.end();
            return comparison;
        }
    }

    private Map<String, HeldOut> trained(ComparisonTraining training, String preset) throws IOException {
        Progress progress = new Progress(console, preset, 0, training.steps(preset));
        Map<String, HeldOut> rewards = training.train(preset, progress::update);
        progress.end();
        return rewards;
    }

    private void write(Comparison comparison) throws IOException {
        json.write(comparison.json());
        html.write(ComparisonPage.of(comparison).getBytes(StandardCharsets.UTF_8));
    }
}
