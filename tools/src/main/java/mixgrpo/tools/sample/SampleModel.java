package mixgrpo.tools.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mixgrpo.models.weights.PipelineFamily;
import mixgrpo.models.weights.ReadProgress;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.scenes.Scene;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.train.Recipe;
import mixgrpo.trainer.config.RolloutConfig;

/**
 * A model to draw with: a base, what was tuned from it, if anything, and what pictures are like where nobody says it. Whoever opens it
 * closes it.
 */
public final class SampleModel implements AutoCloseable {

    private static final double GUIDANCE = 3.5;
    /** As many latents a side as diffusers' pipelines take. */
    private static final int LATENTS = 128;

    private static final int BUILT_IN_STEPS = 10;
    private static final int STEPS = 28;
    private static final int SCHNELL_STEPS = 4;
    private static final Path RUNS = Path.of("runs");

    private final SampleRequest.Source given;
    private final String word;
    private final String name;
    private final ImageModel base;
    private final Optional<SampledRun> run;
    private final Optional<TunedModel> tuned;
    private final OpenResources open;

    private SampleModel(
            SampleRequest.Source given,
            String word,
            String name,
            ImageModel base,
            Optional<SampledRun> run,
            Optional<TunedModel> tuned,
            OpenResources open) {
        this.given = given;
        this.word = word;
        this.name = name;
        this.base = base;
        this.run = run;
        this.tuned = tuned;
        this.open = open;
    }

    /**
     * The model that is meant where none is named: the newest quickstart run under ./runs, else the built-in one.
     *
     * @param runs the folder of all runs
     */
    static String implied(Path runs) throws IOException {
        return SampledRun.newestQuickstart(runs).map(Path::toString).orElse(ImageModel.BUILT_IN);
    }

    /**
     * Opens what a call names.
     *
     * @throws IllegalArgumentException if it is no model and no run, a run without tuned weights, or weights of another model
     * @throws IOException if files are missing or broken
     */
    public static SampleModel open(SampleRequest.Source source) throws IOException {
        String word = source.model() == null ? implied(RUNS) : source.model();
        Path path = Path.of(word);
        boolean builtIn = word.equals(ImageModel.BUILT_IN);
        Optional<SampledRun> run =
                !builtIn && SampledRun.isRun(path) ? Optional.of(SampledRun.open(path)) : Optional.empty();
        if (!builtIn && run.isEmpty() && !Files.isRegularFile(path.resolve("model_index.json"))) {
            throw new IllegalArgumentException(
                    "--model: expected '%s', a run (a folder with config.yaml) or a model (a folder with model_index.json), got %s, %s"
                            .formatted(
                                    ImageModel.BUILT_IN,
                                    word,
                                    Files.isRegularFile(path)
                                            ? "a file; weights of a transformer alone go with the folder of their model: --model DIR --tuned %s --p-mix 1"
                                                    .formatted(word)
                                            : Files.exists(path) ? "which has neither" : "which is not there"));
        }
        OpenResources open = new OpenResources();
        try {
            ImageModel base =
                    open.add(ImageModel.open(run.map(of -> of.config().model()).orElse(word), variant(source, run)));
            Optional<TunedModel> tuned = tuned(source, base, run);
            tuned.ifPresent(open::add);
            String name = builtIn ? word : new RunFolder(path).name();
            return new SampleModel(source, word, name, base, run, tuned, open);
        } catch (IOException | RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    private static String variant(SampleRequest.Source source, Optional<SampledRun> run) {
        return source.variant() != null
                ? source.variant()
                : run.flatMap(of -> of.config().modelVariant()).orElse("");
    }

    private static Optional<TunedModel> tuned(SampleRequest.Source source, ImageModel base, Optional<SampledRun> run)
            throws IOException {
        if (source.tuned() != null) {
            return Optional.of(TunedModel.of(
                    base, source.tuned(), variant(source, run), source.tuned().toString()));
        }
        if (!source.adapters().isEmpty()) {
            return Optional.of(TunedModel.ofFiles(base, source.adapters(), source.merge()));
        }
        return run.isPresent() ? Optional.of(run.get().tuned(base)) : Optional.empty();
    }

    /** As {@link ImageModel#checkFinite}, the tuned weights too unless they were looked at before. */
    public void checkFinite(ReadProgress progress) {
        base.checkFinite(progress);
        tuned.filter(of -> !of.readWhole())
                .ifPresent(of -> WeightsCheck.finite(of.weights(), "'%s' (%s)".formatted(name, of.words()), progress));
    }

    /** Name of the run or of the folder. */
    public String name() {
        return name;
    }

    /** How the model was found where none was named; empty otherwise. */
    public Optional<String> found() {
        if (given.model() != null) {
            return Optional.empty();
        }
        return Optional.of(
                run.isPresent()
                        ? "no --model: the newest quickstart run, %s".formatted(word)
                        : "no --model and no quickstart run under %s: the built-in base, '%s'".formatted(RUNS, word));
    }

    public ImageModel base() {
        return base;
    }

    /** What was tuned from the base, if anything. */
    Optional<TunedModel> tuned() {
        return tuned;
    }

    /** Which of the model's weights are used, in a few words. */
    public String weights() {
        return tuned.map(TunedModel::words).orElse("as they are");
    }

    /** The words of a command line that name it. */
    List<String> words() {
        List<String> words = new ArrayList<>(List.of("--model", word));
        if (given.variant() != null) {
            words.addAll(List.of("--variant", given.variant()));
        }
        if (given.tuned() != null) {
            words.addAll(List.of("--tuned", given.tuned().toString()));
        }
        given.adapters().forEach(adapter -> words.addAll(List.of("--lora", adapter.toString())));
        if (given.merge()) {
            words.add("--merge");
        }
        return words;
    }

    /** Steps from noise to picture unless others are asked for: the run's, or what suits the model. */
    public int steps() {
        if (run.isPresent()) {
            return run.get().config().rollout().steps();
        }
        if (base.text().isBuiltIn()) {
            return BUILT_IN_STEPS;
        }
        boolean schnell = base.architecture().family() == PipelineFamily.FLUX
                && !base.architecture().takesGuidance();
        return schnell ? SCHNELL_STEPS : STEPS;
    }

    /** What a model with guidance embedding is told unless it is said. */
    public double guidance() {
        return run.map(of -> of.config().rollout().guidance()).orElse(GUIDANCE);
    }

    /** Scale of classifier-free guidance unless another is asked for: as diffusers' pipelines have it; none for a run, which has none. */
    double trueCfg() {
        return run.isPresent() ? 1 : base.architecture().trueCfg();
    }

    /** Size of a picture unless another is asked for: the run's, or as diffusers' pipelines have it. */
    public SampleRequest.Size size() {
        if (run.isPresent()) {
            RolloutConfig rollout = run.get().config().rollout();
            return new SampleRequest.Size(rollout.width(), rollout.height());
        }
        return size(base.text().isBuiltIn(), base.vaeConfig().stride());
    }

    /**
     * The same of a model.
     *
     * @param builtInText whether it is one of the scenes world
     * @param stride pixels along a side of a latent
     */
    public static SampleRequest.Size size(boolean builtInText, int stride) {
        int side = builtInText ? Scene.SIDE : LATENTS * stride;
        return new SampleRequest.Size(side, side);
    }

    /**
     * The noise levels: the run's, else the model's own.
     *
     * @throws IllegalArgumentException if they are a list of the run's, and of another number of steps
     */
    public SigmaSchedule schedule(int steps, TransformerInputs inputs) {
        int tokens = inputs.packing().tokens();
        return run.map(of -> Recipe.schedule(
                        of.config().rollout(), steps, base.scheduler().dynamicShift(), () -> tokens))
                .orElseGet(() -> base.schedule(steps, tokens));
    }

    @Override
    public void close() {
        open.close();
    }
}
