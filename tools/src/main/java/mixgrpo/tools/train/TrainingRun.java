package mixgrpo.tools.train;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.LoraFile;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.OverlaidWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.report.Report;
import mixgrpo.tools.run.Counted;
import mixgrpo.tools.run.HeldOut;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.run.Summary;
import mixgrpo.trainer.checkpoint.Checkpoints;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.evaluate.Evaluation;
import mixgrpo.trainer.metrics.ProcessMemory;

/** A run in its folder: training from the newest checkpoint there is, then the measurement, the tuned model and the report. */
public final class TrainingRun {

    private final RunSession session;
    private final TrainConfig config;
    private final RunFolder folder;
    private final Checkpoints checkpoints;
    private final RunTime time;
    private final int first;

    /**
     * Reads what is there, the newest checkpoint into the session's policy; writes nothing.
     *
     * @throws GivenException if the checkpoint is broken or does not fit the session, or the metrics are broken
     */
    public TrainingRun(RunSession session, RunFolder folder) throws IOException {
        this.session = session;
        this.folder = folder;
        config = session.config();
        checkpoints = new Checkpoints(folder.checkpoints(), config.checkpoint());
        time = GivenException.reading(() -> RunTime.of(folder));
        first = checkpoints.newest().isPresent()
                ? GivenException.reading(() -> checkpoints.restoreNewest(session.policy()::restore))
                : 0;
    }

    /** Iterations that were done before. */
    public int first() {
        return first;
    }

    /** Iterations that the newest checkpoint holds; 0 without one. */
    public static int iterationsDone(RunFolder folder, TrainConfig config) throws IOException {
        return new Checkpoints(folder.checkpoints(), config.checkpoint())
                .newest()
                .orElse(0);
    }

    /** What a run has achieved, if nothing is left to do: all iterations are done and what they have led to is measured. */
    public static Optional<Summary> achieved(RunFolder folder, TrainConfig config) throws IOException {
        int done = iterationsDone(folder, config);
        if (done < new Recipe(config).iterations() || !Files.exists(folder.summary())) {
            return Optional.empty();
        }
        Summary summary = GivenException.reading(() -> Summary.read(folder.summary()));
        return Optional.of(summary).filter(of -> of.iterations() >= done); // else of before it went on
    }

    /**
     * Trains and, unless it was told to stop, measures and reports.
     *
     * @param display where it says how far it is
     * @param stop asked after every iteration, and between the pictures that are measured
     * @return what the run has achieved; null if it was stopped, then all that is done is saved
     */
    public Summary run(Display display, BooleanSupplier stop) throws IOException {
        boolean[] stopped = new boolean[1];
        try (RunObserver observer =
                new RunObserver(session, folder, first, display, time, () -> stopped[0] |= stop.getAsBoolean())) {
            int done = session.loop(checkpoints, observer).run(first);
            if (stopped[0]) {
                Report.write(folder);
                return null;
            }
            int measured = session.prompts().heldOut().size();
            if (measured > 0) {
                display.say("measuring %s with %s each, base and tuned"
                        .formatted(
                                Counted.of(measured, "held-out prompt"),
                                Counted.of(config.evaluate().seeds(), "picture")));
            }
            return finish(done, observer, new Measuring(display, stop));
        }
    }

    /** What was trained, as others load it: adapters as a LoRA file, all weights as a transformer in diffusers' layout. */
    private void writeTuned() throws IOException {
        Optional<Lora> lora = session.policy().tunedLora();
        if (lora.isPresent()) {
            LoraFile.write(folder.lora(), lora.get(), Dtype.F32);
            return;
        }
        // The base has what is no parameter, SD3's table of positions for one.
        Weights checkpoint =
                new OverlaidWeights(session.model().weights(), session.policy().tunedWeights());
        Component.write(folder.transformer(), session.model().architecture().json(), checkpoint, Dtype.F32);
    }

    /** The measurement at the end: counts pictures over its parts, and ends where the run is told to. */
    private final class Measuring implements IntConsumer {
        private final Display display;
        private final BooleanSupplier stop;
        private final int all;
        private int before;

        Measuring(Display display, BooleanSupplier stop) {
            this.display = display;
            this.stop = stop;
            int heldOut = session.prompts().heldOut().size();
            all = 2 * heldOut * config.evaluate().seeds()
                    + session.prompts().development().size();
        }

        Evaluation.Result of(Weights weights, boolean heldOut, int seeds) {
            Evaluation.Result result = session.evaluate(weights, heldOut, seeds, this);
            before += result.prompts() * seeds;
            return result;
        }

        @Override
        public void accept(int pictures) {
            display.measured(before + pictures, all);
            if (stop.getAsBoolean()) {
                throw new CancellationException("the run was told to stop");
            }
        }
    }

    /** Measures, leaves the tuned model and reports; null if it was told to stop meanwhile. */
    private Summary finish(int iterations, RunObserver observer, Measuring measuring) throws IOException {
        int seeds = config.evaluate().seeds();
        Weights tuned = session.policy().tunedWeights();
        Map<String, HeldOut> heldOut;
        Evaluation.Result development;
        try {
            Evaluation.Result base = measuring.of(session.model().weights(), true, seeds);
            heldOut = HeldOut.of(base, measuring.of(tuned, true, seeds));
            development = measuring.of(tuned, false, 1);
        } catch (CancellationException stopped) {
            Report.write(folder);
            return null;
        }
        observer.drawGrid(iterations, development);
        writeTuned(); // now, so that it is there beside a summary that says of which iteration it is
        Summary summary = new Summary(
                time.elapsedSeconds(), iterations, config.seed(), ProcessMemory.peakResidentBytes(), heldOut);
        summary.write(folder.summary());
        Report.write(folder);
        // Again, now that the time of the report itself is known.
        summary = new Summary(
                time.elapsedSeconds(), iterations, config.seed(), ProcessMemory.peakResidentBytes(), heldOut);
        summary.write(folder.summary());
        return summary;
    }
}
