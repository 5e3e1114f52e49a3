package mixgrpo.tools.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.ModelFolder.PartClass;
import mixgrpo.models.weights.PipelineFamily;
import mixgrpo.models.weights.ReadProgress;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.rollout.Tiling;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.rollout.VaeDecoder;
import mixgrpo.runtime.rollout.VaeEncoder;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.solvers.schedule.SigmaSchedule;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open model: its transformer, autoencoder and scheduler, checked whole, and what reads its prompts. Weights are mapped and read when
 * they are needed. Whoever opens it closes it.
 */
public final class ImageModel implements AutoCloseable {

    /** Name of the model that ships with the project. */
    public static final String BUILT_IN = "scenes";

    /** Token positions of the built-in model's prompts. */
    public static final int BUILT_IN_TEXT_LENGTH = 16;

    /**
     * Pixels of the pictures that an autoencoder sees at once, at the most; one picture may have more. On a core of an AMD EPYC the built-in
     * decoder takes 1.25 times as long for a picture of 24 as for one of 4.
     */
    private static final int PIXELS_TOGETHER = 4 * 64 * 64;

    private static final Logger log = LoggerFactory.getLogger(ImageModel.class);

    private static final String TRANSFORMER = "transformer";
    private static final String VAE = "vae";

    private final Architecture architecture;
    private final VaeConfig vaeConfig;
    private final Weights transformer;
    private final Weights vae;
    private final SchedulerConfig scheduler;
    private final ModelText text;
    private final OpenResources open;

    private ImageModel(
            Architecture architecture,
            VaeConfig vaeConfig,
            Weights transformer,
            Weights vae,
            SchedulerConfig scheduler,
            ModelText text,
            OpenResources open) {
        this.architecture = architecture;
        this.vaeConfig = vaeConfig;
        this.transformer = transformer;
        this.vae = vae;
        this.scheduler = scheduler;
        this.text = text;
        this.open = open;
    }

    /** A model in memory whose prompts MiniLM reads; the weights are read when they are needed and stay the caller's. */
    public static ImageModel of(
            Architecture architecture,
            VaeConfig vaeConfig,
            Weights transformer,
            Weights vae,
            SchedulerConfig scheduler) {
        ModelText text = ModelText.builtIn(architecture, "a model in memory");
        return new ImageModel(architecture, vaeConfig, transformer, vae, scheduler, text, new OpenResources());
    }

    /**
     * Writes the model as a folder that {@link #open} and diffusers read. The text encoder is named in the index as absent: it comes
     * with the program.
     *
     * @param dtype of the weights
     * @throws IOException if it cannot be written, or the folder holds weights under other names
     */
    public void write(Path folder, Dtype dtype) throws IOException {
        Component.write(folder.resolve(TRANSFORMER), architecture.json(), transformer, dtype);
        Component.write(folder.resolve(VAE), vaeConfig.json(), vae, dtype);
        Map<String, PartClass> parts = new LinkedHashMap<>();
        parts.put("scheduler", scheduler.write(folder));
        for (String part : List.of("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")) {
            parts.put(part, PartClass.ABSENT);
        }
        parts.put(TRANSFORMER, new PartClass("diffusers", architecture.className()));
        parts.put(VAE, new PartClass("diffusers", "AutoencoderKL"));
        ModelFolder.writeIndex(folder, architecture.family().pipeline(), parts);
    }

    /** Where the built-in model lies. */
    public static Path builtIn() {
        String home = System.getProperty("mixgrpo.home");
        if (home == null) {
            throw new IllegalStateException(
                    "the property mixgrpo.home is not set; it names the project's folder, and the launchers in tools/ set it");
        }
        return Path.of(home, "models", BUILT_IN);
    }

    /**
     * Where a model lies.
     *
     * @param model {@value #BUILT_IN} or a folder
     */
    public static Path folder(String model) {
        return model.equals(BUILT_IN) ? builtIn() : Path.of(model);
    }

    /**
     * Opens a model.
     *
     * @param model {@value #BUILT_IN} or a folder in diffusers' layout
     * @throws IOException if parts are missing, broken, or do not fit their configuration
     */
    public static ImageModel open(String model) throws IOException {
        return open(model, "");
    }

    /**
     * Opens a model with one of several weights of its parts.
     *
     * @param model {@value #BUILT_IN} or a folder in diffusers' layout
     * @param variant {@code fp16}, say; parts without it are opened with their plain weights, of which a warning tells. Empty for the plain ones
     * @throws IOException as {@link #open(String)}, or no part has the variant
     */
    public static ImageModel open(String model, String variant) throws IOException {
        ModelFolder folder = ModelFolder.open(folder(model), variant);
        PipelineFamily family = PipelineFamily.of(folder);
        OpenResources open = new OpenResources();
        try {
            Component transformer = open.add(folder.open(TRANSFORMER));
            Component vae = open.add(folder.open(VAE));
            Architecture architecture = Architecture.of(transformer.config());
            if (architecture.family() != family) {
                throw new IOException(
                        "%s: expected a %s for its transformer, whose class is %s, got a %s; are they of one model?"
                                .formatted(
                                        folder.path(),
                                        architecture.family().pipeline(),
                                        architecture.className(),
                                        folder.pipeline()));
            }
            Weights transformerWeights = architecture.weights(transformer.weights());
            architecture.check(transformerWeights, transformer.folder().toString());
            VaeConfig vaeConfig = VaeConfig.of(vae.config());
            architecture.checkLatents(
                    vaeConfig.latentChannels(), transformer.folder().toString());
            Weights vaeWeights = AutoencoderKl.withCurrentKeys(vae.weights());
            WeightsCheck.same(
                    AutoencoderKl.checkpoint(vaeConfig),
                    vaeWeights,
                    vae.folder().toString());
            warn(transformer.folder().resolve("config.json"), architecture.unknownFields(transformer.config()));
            warn(vae.folder().resolve("config.json"), VaeConfig.unknownFields(vae.config()));
            SchedulerConfig scheduler = SchedulerConfig.of(folder);
            warn(SchedulerConfig.file(folder), SchedulerConfig.unknownFields(folder));
            PartKind.checkParts(folder);
            PartKind.unused(folder).forEach(remark -> log.warn("{}: {}", folder.path(), remark));
            warnOfOthers(folder);
            PipelineFamily.remark(folder).ifPresent(remark -> log.warn("{}: {}", folder.path(), remark));
            return new ImageModel(
                    architecture,
                    vaeConfig,
                    transformerWeights,
                    vaeWeights,
                    scheduler,
                    ModelText.of(folder, architecture),
                    open);
        } catch (IOException | RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    private static void warn(Path config, List<String> unknown) {
        if (!unknown.isEmpty()) {
            log.warn(
                    "{} has fields that are not known here, and what they ask for is not done: {}",
                    config,
                    String.join(", ", unknown));
        }
    }

    private static void warnOfOthers(ModelFolder folder) throws IOException {
        List<String> others = folder.partsWithoutVariant();
        if (!others.isEmpty()) {
            log.warn(
                    "{}: {} {} no weights of the variant {}; the plain ones are used there",
                    folder.path(),
                    String.join(", ", others),
                    others.size() == 1 ? "has" : "have",
                    folder.variant());
        }
    }

    /**
     * Reads all weights once to see that they are numbers: 0.02 s for the built-in model, about as long as the disk takes for a large one,
     * whose weights then lie in memory for the engines.
     *
     * @param progress told the number of values that were looked at, of the transformer's and then of the autoencoder's
     * @throws IllegalArgumentException if some are not; names the arrays
     */
    public void checkFinite(ReadProgress progress) {
        WeightsCheck.finite(transformer, "the transformer", progress);
        WeightsCheck.finite(vae, "the autoencoder", progress);
    }

    /** The transformer without its weights. */
    public Architecture architecture() {
        return architecture;
    }

    public VaeConfig vaeConfig() {
        return vaeConfig;
    }

    /** The transformer's weights; they live as long as this model is open. */
    public Weights weights() {
        return transformer;
    }

    /** What reads its prompts. */
    public ModelText text() {
        return text;
    }

    /** The noise levels that the model was made for. */
    public SchedulerConfig scheduler() {
        return scheduler;
    }

    /** The noise levels of a trajectory for a picture of so many tokens, as the model's pipeline takes them. */
    public SigmaSchedule schedule(int steps, int imageTokens) {
        return scheduler.schedule(architecture.levels(), steps, imageTokens);
    }

    /** What width and height of a picture must be multiples of, in pixels. */
    public int multiple() {
        return architecture.patch() * vaeConfig.stride();
    }

    /** How pictures of this size become inputs of the transformer, with prompts of the model's own length. */
    public TransformerInputs inputs(int width, int height, double guidance) {
        return inputs(width, height, text.length(), guidance);
    }

    /**
     * How pictures of this size become inputs of the transformer.
     *
     * @param textLength at how many tokens prompts are cut, {@link ModelText#length} for instance
     * @param guidance without effect on a transformer that takes none
     * @throws IllegalArgumentException if the size is not a multiple of {@link #multiple}
     */
    public TransformerInputs inputs(int width, int height, int textLength, double guidance) {
        int multiple = multiple();
        if (width % multiple != 0 || height % multiple != 0) {
            throw new IllegalArgumentException(
                    "rollout.width, rollout.height: expected multiples of %d for this model, got %d x %d"
                            .formatted(multiple, width, height));
        }
        int stride = vaeConfig.stride();
        LatentPacking packing =
                new LatentPacking(vaeConfig.latentChannels(), height / stride, width / stride, architecture.patch());
        return architecture.inputs(packing, text.positions(textLength), guidance, transformer);
    }

    /** Latents from pictures, by an engine that is closed with what is returned. */
    public VaeEncoder encoder(EngineKind kind, TransformerInputs inputs) {
        return new VaeEncoder(
                kind.load("encoder", AutoencoderKl.encoder(vaeConfig), vae),
                vaeConfig,
                inputs.packing(),
                together(inputs.packing()),
                Tiling.of(vaeConfig));
    }

    /**
     * Pictures from latents, by an engine that is closed with what is returned.
     *
     * @param workers that decode batches side by side; still the caller's
     */
    public VaeDecoder decoder(EngineKind kind, TransformerInputs inputs, Workers workers) {
        return decoder(kind, inputs, workers, VaeTiling.AUTO);
    }

    /**
     * The same in other tiles.
     *
     * @param tiling whether large pictures are decoded in parts
     */
    public VaeDecoder decoder(EngineKind kind, TransformerInputs inputs, Workers workers, VaeTiling tiling) {
        return new VaeDecoder(
                kind.load("decoder", AutoencoderKl.decoder(vaeConfig), vae),
                vaeConfig,
                inputs.packing(),
                together(inputs.packing()),
                tiling.of(vaeConfig),
                workers);
    }

    private int together(LatentPacking packing) {
        return decodedTogether(packing.width() * vaeConfig.stride(), packing.height() * vaeConfig.stride());
    }

    /** Pictures of this size that an autoencoder sees at once: memory grows with their pixels, speed falls beyond this. */
    public static int decodedTogether(int width, int height) {
        return (int) Math.max(1, PIXELS_TOGETHER / ((long) width * height));
    }

    /** The prompts to train on that come with the built-in model. */
    public static List<String> builtInPrompts() throws IOException {
        return Files.readAllLines(builtIn().resolve("prompts.txt"));
    }

    @Override
    public void close() {
        open.close();
    }
}
