package mixgrpo.tools.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Inventory;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.flux.LatentPacking;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.ModelFolder.PartClass;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.rollout.VaeDecoder;
import mixgrpo.runtime.rollout.VaeEncoder;

/** An open FLUX model: the sizes and weights of its transformer and autoencoder, checked whole. Whoever opens it closes it. */
public final class FluxModel implements AutoCloseable {

    /** Name of the model that ships with the project. */
    public static final String BUILT_IN = "scenes";

    /** Token positions of the built-in model's prompts. */
    public static final int TEXT_LENGTH = 16;

    private static final int DECODED_TOGETHER = 16;

    private final FluxConfig config;
    private final VaeConfig vaeConfig;
    private final Weights transformer;
    private final Weights vae;
    private final SchedulerConfig scheduler;
    private final OpenResources open;

    private FluxModel(
            FluxConfig config,
            VaeConfig vaeConfig,
            Weights transformer,
            Weights vae,
            SchedulerConfig scheduler,
            OpenResources open) {
        this.config = config;
        this.vaeConfig = vaeConfig;
        this.transformer = transformer;
        this.vae = vae;
        this.scheduler = scheduler;
        this.open = open;
    }

    /** A model in memory; the weights are read when they are needed and stay the caller's. */
    public static FluxModel of(
            FluxConfig config, VaeConfig vaeConfig, Weights transformer, Weights vae, SchedulerConfig scheduler) {
        return new FluxModel(config, vaeConfig, transformer, vae, scheduler, new OpenResources());
    }

    /**
     * Writes the model as a folder that {@link #open} and diffusers read. The text encoder is named in the index as absent: it comes
     * with the program.
     *
     * @param dtype of the weights
     * @throws IOException if it cannot be written, or the folder holds weights under other names
     */
    public void write(Path folder, Dtype dtype) throws IOException {
        Component.write(folder.resolve("transformer"), config.json(), transformer, dtype);
        Component.write(folder.resolve("vae"), vaeConfig.json(), vae, dtype);
        Map<String, PartClass> parts = new LinkedHashMap<>();
        parts.put("scheduler", scheduler.write(folder));
        for (String part : List.of("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")) {
            parts.put(part, PartClass.ABSENT);
        }
        parts.put("transformer", new PartClass("diffusers", "FluxTransformer2DModel"));
        parts.put("vae", new PartClass("diffusers", "AutoencoderKL"));
        ModelFolder.writeIndex(folder, "FluxPipeline", parts);
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
     * Opens a model.
     *
     * @param model {@value #BUILT_IN} or a folder in diffusers' layout
     * @throws IOException if parts are missing, broken, or do not fit their configuration
     */
    public static FluxModel open(String model) throws IOException {
        ModelFolder folder = ModelFolder.open(model.equals(BUILT_IN) ? builtIn() : Path.of(model));
        OpenResources open = new OpenResources();
        try {
            Component transformer = open.add(folder.open("transformer", ""));
            Component vae = open.add(folder.open("vae", ""));
            FluxConfig config = FluxConfig.of(transformer.config());
            VaeConfig vaeConfig = VaeConfig.of(vae.config());
            WeightsCheck.same(
                    Inventory.parameters(FluxTransformer.of(config)),
                    transformer.weights(),
                    transformer.folder().toString());
            SchedulerConfig scheduler = SchedulerConfig.of(folder);
            return new FluxModel(config, vaeConfig, transformer.weights(), vae.weights(), scheduler, open);
        } catch (IOException | RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    public FluxConfig config() {
        return config;
    }

    public VaeConfig vaeConfig() {
        return vaeConfig;
    }

    /** The transformer's weights; they live as long as this model is open. */
    public Weights weights() {
        return transformer;
    }

    /** The noise levels that the model was made for. */
    public SchedulerConfig scheduler() {
        return scheduler;
    }

    /** How pictures of this size become inputs of the transformer. */
    public FluxInputs inputs(int width, int height, double guidance) {
        int multiple = 2 * vaeConfig.stride();
        if (width % multiple != 0 || height % multiple != 0) {
            throw new IllegalArgumentException(
                    "rollout.width, rollout.height: expected multiples of %d for this model, got %d x %d"
                            .formatted(multiple, width, height));
        }
        LatentPacking packing =
                new LatentPacking(vaeConfig.latentChannels(), height / vaeConfig.stride(), width / vaeConfig.stride());
        return new FluxInputs(config, packing, TEXT_LENGTH, guidance);
    }

    /** Latents from pictures, by an engine that is closed with what is returned. */
    public VaeEncoder encoder(EngineKind kind, TransformerInputs inputs) {
        return new VaeEncoder(
                kind.load("encoder", AutoencoderKl.encoder(vaeConfig), vae),
                vaeConfig,
                inputs.layout(),
                DECODED_TOGETHER);
    }

    /** Pictures from latents, by an engine that is closed with what is returned. */
    public VaeDecoder decoder(EngineKind kind, TransformerInputs inputs) {
        return new VaeDecoder(
                kind.load("decoder", AutoencoderKl.decoder(vaeConfig), vae),
                vaeConfig,
                inputs.layout(),
                DECODED_TOGETHER);
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
