package mixgrpo.trainer.pretrain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.SafetensorsWriter;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.trainer.checkpoint.WeightGroups;
import mixgrpo.trainer.torchscript.AdamW;
import mixgrpo.trainer.torchscript.ScriptOptions;
import mixgrpo.trainer.torchscript.TrainableNetwork;

/**
 * A supervised training that can be interrupted: the network, its optimizer, the average of its weights and how many updates
 * were made. A checkpoint holds just these; batches are functions of the step.
 */
final class Training implements AutoCloseable {

    private static final String STEP = "step";

    private final Progress.Part part;
    private final PretrainConfig.Stage config;
    private final LearningRate learningRate;
    private final AdamW.Settings settings;
    private final double averageDecay;
    private final TrainableNetwork network;
    private final AdamW optimizer;
    private final AdamW.MovingAverage average;
    private int step;

    /** @param settings of the optimizer; its learning rate is replaced at every update */
    Training(
            Progress.Part part,
            PretrainConfig.Stage config,
            Network network,
            Weights initial,
            ScriptOptions options,
            AdamW.Settings settings,
            double averageDecay) {
        this.part = part;
        this.config = config;
        this.settings = settings;
        this.averageDecay = averageDecay;
        learningRate =
                new LearningRate(config.learningRate(), Math.min(200, config.steps()), config.steps(), config.decay());
        this.network = new TrainableNetwork(network, initial, options);
        optimizer = new AdamW(this.network);
        average = optimizer.newMovingAverage();
    }

    /** One batch: what goes in, and the loss and its gradient for what comes out. */
    interface Batch {
        Map<String, Array> inputs();

        double loss(Map<String, Array> outputs, Map<String, Array> gradients);
    }

    /** Makes the batch of an update. */
    interface Batches {
        Batch at(int step);
    }

    /**
     * The averaged weights of a training that has made all its updates, read from its checkpoint into memory.
     *
     * @return empty if there is no checkpoint, or updates are left
     */
    static Optional<Weights> finished(Path checkpoint, PretrainConfig.Stage config) throws IOException {
        if (!Files.exists(checkpoint)) {
            return Optional.empty();
        }
        try (WeightsFile saved = SafetensorsFile.open(checkpoint)) {
            return step(saved) < config.steps()
                    ? Optional.empty()
                    : Optional.of(ArrayWeights.copyOf(WeightGroups.group(saved, "average")));
        }
    }

    private static int step(WeightsFile saved) throws IOException {
        String step = saved.metadata().getOrDefault(STEP, "");
        if (!step.matches("[0-9]{1,9}")) {
            throw new IOException(
                    "%s: no checkpoint of a training, its header says no %s".formatted(saved.path(), STEP));
        }
        return Integer.parseInt(step);
    }

    /**
     * Makes the remaining updates. Saves to {@code checkpoint} every so many updates, at the end, and before it is interrupted.
     *
     * @throws InterruptedException if {@code progress} stops it
     */
    void run(Batches batches, Path checkpoint, int saveEvery, Progress progress)
            throws IOException, InterruptedException {
        while (step < config.steps()) {
            Batch batch = batches.at(step);
            double loss;
            try (TrainableNetwork.Pass pass = network.forward(batch.inputs())) {
                Map<String, Array> gradients = new HashMap<>();
                loss = batch.loss(pass.outputs(), gradients);
                pass.backward(gradients);
            }
            if (!Double.isFinite(loss)) {
                throw new IOException("%s: the loss became %s at update %d; the last checkpoint is %s"
                        .formatted(part, loss, step, checkpoint));
            }
            optimizer.step(settings.withLearningRate(learningRate.at(step)));
            step++;
            // The average follows quickly at first, so that it forgets the initial weights.
            average.update(Math.min(averageDecay, step / (step + 20.)));
            boolean stops = progress.stops();
            if (stops || step % saveEvery == 0 || step == config.steps()) {
                save(checkpoint);
            }
            progress.updated(part, step, config.steps(), loss, average.weights());
            if (stops) {
                throw new InterruptedException();
            }
        }
    }

    /** The averaged weights, a view that follows later updates. */
    Weights averaged() {
        return average.weights();
    }

    private void save(Path file) throws IOException {
        WeightGroups groups = new WeightGroups(
                Map.of("weights", network.parameters(), "optimizer", optimizer.state(), "average", average.weights()));
        SafetensorsWriter.write(file, groups, Dtype.F32, Map.of("format_version", "1", STEP, "" + step));
    }

    /** Goes on from a checkpoint if there is one. */
    void resume(Path file) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        try (WeightsFile saved = SafetensorsFile.open(file)) {
            Weights weights = WeightGroups.group(saved, "weights");
            for (String key : network.parameters().trainedShapes().keySet()) {
                network.parameters().write(key, weights.floats(key));
            }
            optimizer.restore(WeightGroups.group(saved, "optimizer"));
            average.restore(WeightGroups.group(saved, "average"));
            step = step(saved);
        }
    }

    @Override
    public void close() {
        try {
            optimizer.close();
        } finally {
            network.close();
        }
    }
}
