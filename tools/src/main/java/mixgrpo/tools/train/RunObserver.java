package mixgrpo.tools.train;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.image.ImageGrid;
import mixgrpo.solvers.window.Window;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.tensorboard.EventFile;
import mixgrpo.trainer.config.RewardConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.evaluate.Evaluation;
import mixgrpo.trainer.loop.Observer;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.MetricsLog;
import mixgrpo.trainer.metrics.Phase;
import mixgrpo.trainer.metrics.PhaseClock;
import mixgrpo.trainer.metrics.ProcessMemory;

/** Writes down what a run does while it goes on: metrics, TensorBoard events, sample grids, the progress line. */
final class RunObserver implements Observer, AutoCloseable {

    /** A deviation of the engine's log-probs beyond this share of the clip range is worth a warning. */
    private static final double DEVIATION_ALARM = .05;

    private static final int GRID_PROMPTS = 24;
    private static final int GRID_COLUMNS = 8;
    private static final int GRID_SCALE = 2;

    private final RunSession session;
    private final TrainConfig config;
    private final RunFolder folder;
    private final Display display;
    private final RunTime time;
    private final BooleanSupplier stop;
    private final MetricsLog metrics;
    private final EventFile events;
    private Evaluation.Result base;
    private boolean warned;

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
        this.display = display;
        this.time = time;
        this.stop = stop;
        config = session.config();
        metrics = MetricsLog.open(folder.metrics(), firstIteration);
        events = EventFile.create(folder.tensorboard(), firstIteration);
    }

    @Override
    public void iterationDone(Measurements measurements, PhaseClock clock) throws IOException {
        int done = measurements.iteration() + 1;
        int every = config.evaluate().every();
        if (every > 0 && done % every == 0 && done < config.iterations()) {
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
        display.update(done, remark(measurements));
        warn(measurements);
    }

    @Override
    public boolean stops() {
        return stop.getAsBoolean();
    }

    private Void evaluate(Measurements measurements, int done) throws IOException {
        Evaluation.Result result = session.evaluate(session.policy().tunedWeights(), false, 1, pictures -> {});
        for (String reward : session.rewards().names()) {
            measurements.put(Metric.EVALUATION_MEAN, reward, result.mean(reward));
        }
        drawGrid(done, result);
        return null;
    }

    /** Base beside now, prompt by prompt, on the development prompts; a frame tells whether all of the prompt is met. */
    void drawGrid(int done, Evaluation.Result now) throws IOException {
        if (base == null) {
            base = session.evaluate(session.model().weights(), false, 1, pictures -> {});
        }
        List<ImageGrid.Cell> cells = new ArrayList<>();
        for (int i = 0; i < Math.min(GRID_PROMPTS, base.pictures().size()); i++) {
            String prompt = session.prompts().development().get(i).text();
            cells.add(new ImageGrid.Cell(base.pictures().get(i), prompt, frame(base, i)));
            cells.add(new ImageGrid.Cell(now.pictures().get(i), "", frame(now, i)));
        }
        Image grid = new ImageGrid(GRID_COLUMNS, GRID_SCALE).draw(cells);
        Path file = folder.sample(done);
        Files.createDirectories(file.getParent());
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(grid.toBufferedImage(), "png", png);
        RunFolder.writeWhole(file, png.toByteArray());
        events.image(done - 1, "samples", png.toByteArray(), grid.width(), grid.height());
    }

    private static ImageGrid.Frame frame(Evaluation.Result result, int prompt) {
        double[][] strict = result.rewards().get("strict");
        if (strict == null) {
            return ImageGrid.Frame.NONE;
        }
        return strict[prompt][0] == 1 ? ImageGrid.Frame.GOOD : ImageGrid.Frame.BAD;
    }

    private void rates(Measurements measurements, PhaseClock clock) throws IOException {
        int images = config.prompts().perIteration() * config.rollout().images();
        double sampling = 0;
        for (Phase phase : List.of(Phase.ROLLOUT, Phase.DECODE, Phase.REWARD)) {
            sampling += clock.of(phase).wallSeconds();
        }
        measurements.put(Metric.IMAGES_PER_SECOND, images / sampling);
        measurements.put(Metric.MEMORY_PEAK, ProcessMemory.peakResidentBytes());
        measurements.put(Metric.ELAPSED_SECONDS, time.elapsedSeconds());
        clock.report(measurements);
    }

    private String remark(Measurements measurements) {
        StringBuilder remark = new StringBuilder();
        for (Map.Entry<String, RewardConfig> reward : config.rewards().entrySet()) {
            if (reward.getValue().train()) {
                remark.append("%s %.3f  "
                        .formatted(
                                reward.getKey(),
                                measurements
                                        .get(Metric.REWARD_MEAN.key(reward.getKey()))
                                        .orElse(Double.NaN)));
            }
        }
        return remark.append(String.format(
                        Locale.ROOT,
                        "window %.0f  %.1f s/it",
                        measurements.get(Metric.WINDOW_START).orElse(Double.NaN),
                        measurements.get(Metric.ITERATION_SECONDS).orElse(Double.NaN)))
                .toString();
    }

    private void warn(Measurements measurements) {
        double deviation = measurements.get(Metric.LOG_PROB_DEVIATION_MEAN).orElse(0);
        if (!warned && deviation > DEVIATION_ALARM * config.loss().clipRange()) {
            warned = true;
            display.say(String.format(
                    Locale.ROOT,
                    "warning: the engine's log-probs differ from the trainer's by %.1e on average, more than %.0f %% of loss.clipRange %.1e;"
                            + " train.precision=fp32 or loss.oldLogProb=recompute helps",
                    deviation,
                    100 * DEVIATION_ALARM,
                    config.loss().clipRange()));
        }
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
