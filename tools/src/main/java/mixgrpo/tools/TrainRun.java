package mixgrpo.tools;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.runtime.engine.NvidiaDriver;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.failure.RunFailedException;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.report.Report;
import mixgrpo.tools.run.Counted;
import mixgrpo.tools.run.FolderLock;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.run.Summary;
import mixgrpo.tools.run.WritableFolder;
import mixgrpo.tools.train.Display;
import mixgrpo.tools.train.DryRun;
import mixgrpo.tools.train.Recipe;
import mixgrpo.tools.train.RunSession;
import mixgrpo.tools.train.TrainingRun;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.libtorch.DeviceChoice;
import mixgrpo.trainer.libtorch.Libtorch;
import mixgrpo.trainer.libtorch.TorchDevice;

/** A training run from its configuration to its report. */
final class TrainRun {

    private static final Path RUNS = Path.of("runs");

    private final Configuration configuration;
    private final Path resume;
    private final Console console;

    /**
     * @param configuration of the run
     * @param resume the folder of the run to go on with, or null for a new one
     * @param console where it says what happens
     */
    TrainRun(Configuration configuration, Path resume, Console console) {
        this.configuration = configuration;
        this.resume = resume;
        this.console = console;
    }

    /**
     * @param dryRun whether to print the plan of the run instead of running it
     */
    ExitCode call(boolean dryRun) throws Exception {
        TrainConfig config = configuration.config();
        NativeThreads.share(Workers.threads(), config.prompts().perIteration());
        if (dryRun) {
            try (DryRun plan = new DryRun(configuration)) {
                console.print(plan.text());
                plan.remarks().forEach(remark -> console.remark("tools/train: %s%n".formatted(remark)));
                plan.memoryRefusal()
                        .ifPresent(refusal ->
                                console.remark("tools/train: here it would be refused: %s%n".formatted(refusal)));
            }
            return ExitCode.OK;
        }
        checkFolder();
        return resume == null ? begin() : goOn(new RunFolder(resume));
    }

    @SuppressWarnings("try") // the lock is there for its effect
    private ExitCode begin() throws IOException {
        try (RunSession session = openSession()) {
            RunFolder folder = RunFolder.create(RUNS, configuration.config().name(), nameIsGiven());
            try (FolderLock lock = FolderLock.of(folder.path())) {
                return train(session, folder);
            }
        }
    }

    @SuppressWarnings("try") // the lock is there for its effect
    private ExitCode goOn(RunFolder folder) throws IOException {
        try (FolderLock lock = FolderLock.of(folder.path())) {
            if (isComplete(folder)) {
                return ExitCode.OK;
            }
            try (RunSession session = openSession()) {
                return train(session, folder);
            }
        }
    }

    private RunSession openSession() throws IOException {
        LateProgress reading = new LateProgress(console);
        RunSession session = GivenException.reading(() -> new RunSession(configuration.config(), reading));
        reading.end();
        return session;
    }

    private boolean nameIsGiven() {
        return configuration.given().contains("name");
    }

    /** Before anything is loaded; {@link RunFolder#create} finds out if somebody else takes the name meanwhile. */
    private void checkFolder() {
        Path above = Files.exists(RUNS) ? RUNS : Path.of("").toAbsolutePath();
        Path written = resume == null ? above : resume;
        WritableFolder.refusal(written).ifPresent(reason -> {
            throw new GivenException(
                    "%s: expected a folder that can be written to, but %s; runs are kept in %s/ under the current folder, so start from another one"
                            .formatted(resume == null ? RUNS : resume, reason, RUNS));
        });
        Path folder = RUNS.resolve(configuration.config().name());
        if (resume == null && nameIsGiven() && Files.exists(folder)) {
            throw new GivenException(
                    "name: %s exists already; another name=NAME makes a new run, tools/train --resume %s goes on with this one"
                            .formatted(folder, folder));
        }
    }

    /** The configuration as it is now: a run may go on with other values than it began with. */
    private void writeConfig(Configuration now, RunFolder folder) throws IOException {
        try {
            AtomicFile.write(folder.config(), now.toYaml().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            if (resume == null) {
                FolderLock.deleteEmpty(folder.path());
            }
            throw e;
        }
    }

    /** Whether nothing is left to do; says so. */
    private boolean isComplete(RunFolder folder) throws IOException {
        Optional<Summary> achieved = TrainingRun.achieved(folder, configuration.config());
        if (achieved.isEmpty()) {
            return false;
        }
        GivenException.reading(() -> {
            Report.write(folder); // written after the summary, so it may be missing or older
            return folder;
        });
        Set<String> unused = new TreeSet<>(configuration.given());
        unused.remove("iterations");
        if (!unused.isEmpty()) {
            console.remark("tools/train: %s: without effect, because nothing is left to do%n"
                    .formatted(String.join(", ", unused)));
        }
        int done = achieved.get().iterations();
        console.print(
                new Recipe(configuration.config()).windows().stopsAt().orElse(Integer.MAX_VALUE) <= done
                        ? "this run is complete; its windows end after %d iterations (window.end=stop)%n"
                                .formatted(done)
                        : "this run is complete; iterations=N with more than %d goes on%n".formatted(done));
        console.print(outcome(achieved.get(), folder));
        return true;
    }

    private ExitCode train(RunSession session, RunFolder folder) throws IOException {
        TrainConfig config = session.config();
        Configuration decided = configuration.with(config);
        TrainingRun run = new TrainingRun(session, folder);
        folder.deleteLeftovers();
        writeConfig(decided, folder); // only now: a checkpoint that does not fit leaves all as it was
        if (config.rollout().engine() == RolloutConfig.Engine.AUTO
                && NvidiaDriver.ofMachine().isPresent()) {
            EngineKind.passedOver(
                            EngineKind.probe(),
                            config.rollout(),
                            configuration.config().sync())
                    .forEach(reason -> console.remark("tools/train: not sampled by %s%n".formatted(reason)));
        }
        if (config.device() == DeviceChoice.AUTO
                && !session.device().isGpu()
                && NvidiaDriver.ofMachine().isPresent()) {
            console.remark(
                    "tools/train: not trained on a GPU: %s%n".formatted(String.join("; ", TorchDevice.missing())));
        }
        session.remarks().forEach(remark -> console.remark("tools/train: %s%n".formatted(remark)));
        console.print("run %s: %s of %s x %d images, sampled by %s%s, trained by libtorch %s on %s%s%n"
                .formatted(
                        folder.path(),
                        Counted.of(config.iterations(), "iteration"),
                        Counted.of(config.prompts().perIteration(), "prompt"),
                        config.rollout().images(),
                        session.engines(),
                        config.rollout().precision() == RolloutConfig.Precision.FP32
                                ? ""
                                : " in " + Word.of(config.rollout().precision()),
                        Libtorch.load(),
                        session.device(),
                        run.first() == 0 ? "" : ", going on at iteration %d".formatted(run.first() + 1)));
        Progress progress = new Progress(console, "iteration", run.first(), config.iterations());
        Display display = new Display() {
            private Progress measuring;

            @Override
            public void update(int done, String remark) {
                progress.update(done, remark);
            }

            @Override
            public void planned(int iterations) throws IOException {
                progress.total(iterations);
                writeConfig(decided.withIterations(iterations), folder);
            }

            @Override
            public void measured(int done, int all) {
                if (measuring == null) {
                    progress.end();
                    measuring = new Progress(console, "picture", 0, all);
                }
                measuring.update(done, "");
            }

            @Override
            public void say(String text) {
                progress.say(text);
            }
        };
        try (Interrupt interrupt = Interrupt.listen(console)) {
            Summary summary = run.run(display, interrupt::requested);
            progress.end();
            if (summary == null) {
                console.print("saved; go on with tools/train --resume %s%n".formatted(folder.path()));
                return ExitCode.INTERRUPTED;
            }
            console.print(outcome(summary, folder));
            return ExitCode.OK;
        } catch (GivenException | EngineUnavailableException e) {
            progress.end();
            throw e;
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            // An argument, too, is nobody's but ours here: what the user gave was checked before.
            progress.end();
            throw new RunFailedException(
                    "%s; tools/train --resume %s %s"
                            .formatted(
                                    reason(e instanceof UncheckedIOException ? e.getCause() : e),
                                    folder.path(),
                                    TrainingRun.iterationsDone(folder, config) > 0
                                            ? "goes on from its last checkpoint"
                                            : "begins it again, since there is no checkpoint yet"),
                    e);
        }
    }

    private static String reason(Throwable failure) {
        if (failure instanceof FileSystemException file && file.getReason() == null) {
            return failure.toString(); // its message is no more than a path
        }
        if (failure instanceof OutOfMemoryError full) {
            return Failure.outOfMemory(full, "tools/train");
        }
        if (failure instanceof IOException) {
            return failure.getMessage();
        }
        boolean ours = failure instanceof IllegalArgumentException || failure instanceof IllegalStateException;
        return "%s (%s shows where)"
                .formatted(ours && failure.getMessage() != null ? failure.getMessage() : failure, Shared.STACKTRACE);
    }

    private static String outcome(Summary summary, RunFolder folder) {
        StringBuilder text = new StringBuilder("%n%s in %s, peak memory %.1f GB.%n"
                .formatted(
                        Counted.of(summary.iterations(), "iteration"),
                        Progress.clock(Math.round(summary.seconds())),
                        summary.peakMemoryBytes() / 1e9));
        summary.heldOut()
                .forEach((reward, heldOut) ->
                        text.append("held-out prompts (%d), %s: base %.3f, tuned %.3f, difference %+.3f, %s%n"
                                .formatted(
                                        heldOut.prompts(),
                                        reward,
                                        heldOut.base(),
                                        heldOut.tuned(),
                                        heldOut.delta(),
                                        heldOut.interval())));
        return text.append("report: %s%npictures: tools/sample --model %s%n".formatted(folder.report(), folder.path()))
                .toString();
    }
}
