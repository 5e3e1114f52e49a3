package mixgrpo.tools.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.lora.LoraFile;
import mixgrpo.models.lora.MergedWeights;
import mixgrpo.models.weights.Component;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.scenes.Scene;
import mixgrpo.runtime.text.PromptEncoder;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.Painter;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.train.Recipe;
import mixgrpo.trainer.checkpoint.Checkpoints;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.policy.TunedWeights;

/** A model to draw with: the tuned one of a run, or one as it is. Whoever opens it closes it. */
public final class SampleModel implements AutoCloseable {

    private static final int STEPS = 10;
    private static final double GUIDANCE = 3.5;

    private final String name;
    private final ImageModel base;
    private final Optional<Run> run;

    private SampleModel(String name, ImageModel base, Optional<Run> run) {
        this.name = name;
        this.base = base;
        this.run = run;
    }

    /** @param checkpoint iterations done at the newest one, where there is no tuned transformer yet */
    private record Run(RunFolder folder, TrainConfig config, Optional<Integer> checkpoint) {

        static Run open(Path path) throws IOException {
            RunFolder folder = new RunFolder(path);
            TrainConfig config = Configuration.ofRun(folder.config(), List.of()).config();
            if (Files.exists(folder.transformer().resolve("config.json")) || Files.exists(folder.lora())) {
                return new Run(folder, config, Optional.empty());
            }
            Optional<Integer> newest = new Checkpoints(folder.checkpoints(), config.checkpoint()).newest();
            if (newest.isEmpty()) {
                throw new IllegalArgumentException(
                        "--model: %s has no tuned weights and no checkpoint yet (the first comes after %d iterations); go on with tools/train --resume %s"
                                .formatted(path, config.checkpoint().every(), path));
            }
            return new Run(folder, config, newest);
        }
    }

    /**
     * Opens a model.
     *
     * @param model the built-in model's name, the folder of a run, or a model folder in diffusers' layout
     * @throws IllegalArgumentException if it is none of these, or a run without tuned weights
     * @throws IOException if files are missing or broken
     */
    public static SampleModel open(String model) throws IOException {
        if (model.equals(ImageModel.BUILT_IN)) {
            return new SampleModel(model, ImageModel.open(model), Optional.empty());
        }
        Path path = Path.of(model);
        RunFolder folder = new RunFolder(path);
        if (Files.isRegularFile(folder.config())) {
            Run run = Run.open(path);
            return new SampleModel(folder.name(), ImageModel.open(run.config().model()), Optional.of(run));
        }
        if (!Files.isRegularFile(path.resolve("model_index.json"))) {
            throw new IllegalArgumentException(
                    "--model: expected '%s', a run (a folder with config.yaml) or a model (a folder with model_index.json), got %s, %s"
                            .formatted(
                                    ImageModel.BUILT_IN,
                                    model,
                                    Files.exists(path) ? "which has neither" : "which is not there"));
        }
        return new SampleModel(folder.name(), ImageModel.open(model), Optional.empty());
    }

    /** Name of the run or of the folder. */
    public String name() {
        return name;
    }

    /** Which of the model's weights are used, in a few words. */
    public String weights() {
        return run.map(of -> of.checkpoint()
                        .map(done -> "checkpoint after %d of %d iterations, training is not finished"
                                .formatted(done, of.config().iterations()))
                        .orElse("tuned"))
                .orElse("as they are");
    }

    /** Steps from noise to picture unless others are asked for: the run's. */
    public int steps() {
        return run.map(of -> of.config().rollout().steps()).orElse(STEPS);
    }

    /**
     * The noise levels: the run's, else the model's own.
     *
     * @throws IllegalArgumentException if they are a list of the run's, and of another number of steps
     */
    public SigmaSchedule schedule(int steps) {
        int tokens = inputs().packing().tokens();
        return run.map(of -> Recipe.schedule(of.config().rollout(), steps, () -> tokens))
                .orElseGet(() -> base.scheduler().schedule(steps, tokens));
    }

    /**
     * What the pictures of one call have in common.
     *
     * @param given how the model was named
     */
    public Sample.Settings settings(String given, int steps, String version) {
        LatentPacking packing = inputs().packing();
        int stride = base.vaeConfig().stride();
        return new Sample.Settings(
                given,
                name,
                weights(),
                steps,
                schedule(steps).shift(),
                packing.width() * stride,
                packing.height() * stride,
                version);
    }

    /** How pictures of the model's size become inputs of its transformer. */
    public TransformerInputs inputs() {
        if (run.isEmpty()) {
            return base.inputs(Scene.SIDE, Scene.SIDE, GUIDANCE);
        }
        RolloutConfig rollout = run.get().config().rollout();
        return base.inputs(rollout.width(), rollout.height(), rollout.guidance());
    }

    /** What reads the model's prompts; the caller closes it. */
    public PromptEncoder openText() throws IOException {
        return base.text().open(base.text().length());
    }

    /** Engines with the weights; the caller closes them. */
    public Painter painter() throws IOException {
        if (run.isEmpty()) {
            return new Painter(base, base.weights(), inputs());
        }
        RunFolder folder = run.get().folder();
        if (run.get().checkpoint().isEmpty() && Files.exists(folder.lora())) {
            LoraFile tuned = LoraFile.read(folder.lora());
            return new Painter(
                    base,
                    MergedWeights.of(base.weights(), tuned.lora(), folder.lora().toString()),
                    inputs());
        }
        if (run.get().checkpoint().isEmpty()) {
            try (Component tuned = Component.open(folder.transformer())) {
                base.architecture().check(tuned.weights(), folder.transformer().toString());
                return new Painter(base, tuned.weights(), inputs());
            }
        }
        TrainConfig config = run.get().config();
        Painter[] painter = new Painter[1];
        new Checkpoints(folder.checkpoints(), config.checkpoint())
                .restoreNewest(saved -> painter[0] =
                        new Painter(base, TunedWeights.ofCheckpoint(saved, base.weights(), config.train()), inputs()));
        return painter[0];
    }

    @Override
    public void close() {
        base.close();
    }
}
