package mixgrpo.tools.pretrain;

import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import mixgrpo.models.weights.Weights;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.FluxArchitecture;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.SchedulerConfig;
import mixgrpo.trainer.pretrain.Progress;
import mixgrpo.trainer.pretrain.ScenesPretraining;

/** Writes down what the trainings do while they go on: losses, pictures of the policy, the progress line. */
public final class ScenesProgress implements Progress, AutoCloseable {

    private static final int GRID_EVERY = 1_000;
    private static final double SMOOTHING = .98;

    /** Where it says how far it is. */
    public interface Display {

        /**
         * @param what is counted
         * @param done of all
         * @param remark a few words
         */
        void update(String what, int done, int all, String remark);
    }

    private final PretrainFolder folder;
    private final Display display;
    private final BooleanSupplier stop;
    private final Map<Part, TrainingLog> logs = new EnumMap<>(Part.class);
    private ScenesPretraining.Autoencoder autoencoder;
    private SceneSamples samples;
    private double smoothLoss;

    /** @param stop asked after every update whether to save and end */
    public ScenesProgress(PretrainFolder folder, Display display, BooleanSupplier stop) {
        this.folder = folder;
        this.display = display;
        this.stop = stop;
    }

    /** To be called before the policy is trained: what makes pictures of its latents. */
    public void setAutoencoder(ScenesPretraining.Autoencoder autoencoder) {
        this.autoencoder = autoencoder;
    }

    @Override
    public void updated(Part part, int step, int steps, double loss, Weights averaged) throws IOException {
        TrainingLog log = logs.get(part);
        if (log == null) {
            log = TrainingLog.after(step - 1, folder.log(), part, System::nanoTime);
            logs.put(part, log);
            smoothLoss = loss;
        }
        log.add(step, steps, loss);
        smoothLoss = SMOOTHING * smoothLoss + (1 - SMOOTHING) * loss;
        display.update(Word.of(part) + " update", step, steps, "loss %.4f".formatted(smoothLoss));
        if (part == Part.POLICY && (step % GRID_EVERY == 0 || step == steps)) {
            drawGrid(step, averaged);
        }
    }

    private void drawGrid(int step, Weights averaged) throws IOException {
        if (samples == null) {
            samples = new SceneSamples(ImageModel.of(
                    new FluxArchitecture(ScenesPretraining.POLICY),
                    autoencoder.config(),
                    averaged,
                    autoencoder.weights(),
                    SchedulerConfig.shifted(ScenesModel.SHIFT)));
        } else {
            samples.update(averaged);
        }
        samples.drawGrid(folder.sample(step));
    }

    @Override
    public void encoded(int pictures, int all) {
        display.update("latents of picture", pictures, all, "");
    }

    @Override
    public boolean stops() {
        return stop.getAsBoolean();
    }

    @Override
    public void close() {
        if (samples != null) {
            samples.close();
        }
    }
}
