package mixgrpo.tools.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.image.PngText;
import mixgrpo.solvers.window.Window;
import mixgrpo.tools.report.Report;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.tensorboard.EventFile;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.evaluate.Evaluation;
import mixgrpo.trainer.loop.Observer;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.MetricsLog;
import mixgrpo.trainer.metrics.Phase;
import mixgrpo.trainer.metrics.PhaseClock;
import mixgrpo.trainer.metrics.ProcessMemory;

/** Writes down what a run does while it goes on: metrics, TensorBoard events, sample grids, a report after every measurement. */
final class RunObserver implements Observer, AutoCloseable {

    private final RunSession session;
    private final TrainConfig config;
    private final RunFolder folder;
    private final Narration narration;
    private final ComparisonGrid grid;
    private final RunTime time;
    private final BooleanSupplier stop;
    private final Display display;
    private final TimeLimit limit;
    private final MetricsLog metrics;
    private final EventFile events;
    private int iterations;

    RunObserver(
            RunSession session,
            RunFolder folder,
            int firstIteration,
            Display display,
            RunTime time,
            BooleanSupplier stop)
            throws IOException {
        this.session = session;
        this.folder = folder;
        this.time = time;
        this.stop = stop;
        config = session.config();
        this.display = display;
        iterations = config.iterations();
        limit = new TimeLimit(config, session.prompts().development().size(), firstIteration);
        narration = new Narration(config, display);
        grid = new ComparisonGrid(session);
        metrics = MetricsLog.open(folder.metrics(), firstIteration);
        events = EventFile.create(folder.tensorboard(), firstIteration);
    }

    @Override
    public void iterationDone(Measurements measurements, PhaseClock clock) throws IOException {
        int done = measurements.iteration() + 1;
        int every = config.evaluate().every();
        boolean measures = !session.prompts().development().isEmpty();
        boolean evaluates = measures && every > 0 && done % every == 0 && done < iterations;
        if (evaluates) {
            clock.time(Phase.EVALUATE, () -> evaluate(measurements, done));
        }
        Window window = session.recipe().windows().at(measurements.iteration());
        measurements.put(
                Metric.NFE,
                session.recipe()
                        .planner()
                        .plan(window)
                        .nfePerImage(config.rollout().images()));
        rates(measurements, clock);
        metrics.write(measurements);
        events.scalars(measurements.iteration(), measurements.values());
        limit.add(measurements);
        if (evaluates) {
            Report.write(folder);
        }
        narration.tell(measurements);
    }

    @Override
    public int planned(int planned) throws IOException {
        OptionalInt fewer = limit.fewer(planned);
        if (fewer.isPresent()) {
            iterations = fewer.getAsInt();
            display.say(
                    "an iteration takes %.1f s here: %d iterations instead of %d, to end within %s minutes (maxMinutes=0 makes all)"
                            .formatted(
                                    limit.secondsPerIteration(),
                                    iterations,
                                    planned,
                                    Double.toString(config.maxMinutes()).replaceFirst("\\.0$", "")));
            display.planned(iterations);
        }
        return fewer.orElse(planned);
    }

    @Override
    public boolean stops() {
        return stop.getAsBoolean();
    }

    private Void evaluate(Measurements measurements, int done) throws IOException {
        // Part of the iteration, whose metrics are the same whether the run is told to stop or not: so it is not cut
        // short.
        int all = session.prompts().development().size();
        Evaluation.Result result = session.evaluate(
                session.policy().tunedWeights(),
                false,
                1,
                pictures -> display.update(
                        measurements.iteration(), "measuring development prompts, %d of %d".formatted(pictures, all)));
        for (String reward : session.rewards().names()) {
            measurements.put(Metric.EVALUATION_MEAN, reward, result.mean(reward));
        }
        drawGrid(done, result);
        return null;
    }

    /** The grid after so many iterations, as a file and for TensorBoard; none without pictures. */
    void drawGrid(int done, Evaluation.Result now) throws IOException {
        if (now.pictures().isEmpty()) {
            return;
        }
        Image picture = grid.draw(now);
        Path file = folder.sample(done);
        Files.createDirectories(file.getParent());
        byte[] png = PngText.encode(picture, Map.of());
        AtomicFile.write(file, png);
        events.image(done - 1, "samples", png, picture.width(), picture.height());
    }

    private void rates(Measurements measurements, PhaseClock clock) throws IOException {
        int images = config.prompts().perIteration() * config.rollout().images();
        double sampling = 0;
        for (Phase phase : List.of(Phase.ROLLOUT, Phase.DECODE, Phase.REWARD)) {
            sampling += clock.of(phase).wallSeconds();
        }
        measurements.put(Metric.IMAGES_PER_SECOND, images / sampling);
        measurements.put(Metric.MEMORY_PEAK, ProcessMemory.peakResidentBytes());
        session.device().memory().ifPresent(memory -> measurements.put(Metric.MEMORY_DEVICE, memory.getUsed()));
        measurements.put(Metric.ELAPSED_SECONDS, time.elapsedSeconds());
        clock.report(measurements);
    }

    @Override
    public void close() throws IOException {
        try {
            metrics.close();
        } finally {
            events.close();
        }
    }
}
