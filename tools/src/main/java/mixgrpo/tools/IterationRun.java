package mixgrpo.tools;

import java.io.IOException;
import java.nio.file.FileSystemException;
import mixgrpo.tools.bench.BenchPlan;
import mixgrpo.tools.bench.IterationBench;
import mixgrpo.tools.bench.IterationFigures;
import mixgrpo.tools.failure.GivenException;

/** The measurement of an iteration. */
final class IterationRun {

    private final BenchPlan plan;
    private final OutputFile json;
    private final Console console;

    /**
     * @param json where the figures go too, if anywhere
     */
    IterationRun(BenchPlan plan, OutputFile json, Console console) {
        this.plan = plan;
        this.json = json;
        this.console = console;
    }

    ExitCode call() throws Exception {
        json.check();
        NativeThreads.share(plan.threads(), plan.prompts());
        Progress progress = new Progress(console, "iteration", 0, plan.repeat() + 1);
        try (IterationBench bench = open()) {
            IterationFigures figures =
                    bench.measure(done -> progress.update(done, done == 0 ? "warming up" : "measuring"));
            progress.end();
            console.print(figures.table());
            json.write(figures.json());
        }
        return ExitCode.OK;
    }

    /** The policy is a file that the user gave, so that what is wrong with it is no failure of the run. */
    private IterationBench open() throws IOException {
        try {
            return new IterationBench(plan);
        } catch (FileSystemException e) {
            throw e; // says itself which file it is about
        } catch (IOException e) {
            throw new GivenException("--policy %s: %s".formatted(plan.policy(), e.getMessage()), e);
        }
    }
}
