package mixgrpo.tools;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import mixgrpo.tools.bench.BenchPlan;
import mixgrpo.tools.bench.IterationBench;
import mixgrpo.tools.bench.IterationFigures;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.run.RunFolder;

/** The measurement of an iteration. */
final class BenchRun {

    private final BenchPlan plan;
    private final Path json;
    private final Console console;

    /**
     * @param json where the figures go too, or null
     */
    BenchRun(BenchPlan plan, Path json, Console console) {
        this.plan = plan;
        this.json = json;
        this.console = console;
    }

    ExitCode call() throws Exception {
        if (json != null && !Files.isDirectory(json.toAbsolutePath().getParent())) {
            throw new GivenException("--json %s: expected a file in a folder that exists, %s does not"
                    .formatted(json, json.toAbsolutePath().getParent()));
        }
        // Both native libraries size their pools by these when they start, which is when the bench is made.
        System.setProperty("mixgrpo.threads", "" + plan.threads());
        System.setProperty("ai.djl.pytorch.num_threads", "" + plan.threads());
        Progress progress = new Progress(console, "iteration", 0, plan.repeat() + 1);
        try (IterationBench bench = open()) {
            IterationFigures figures =
                    bench.measure(done -> progress.update(done, done == 0 ? "warming up" : "measuring"));
            progress.end();
            console.print(figures.table());
            if (json != null) {
                RunFolder.writeWhole(json, figures.json());
            }
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
