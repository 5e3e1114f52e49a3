package mixgrpo.tools.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mixgrpo.exporter.onnx.OnnxExport;
import mixgrpo.exporter.onnx.OnnxModel;
import mixgrpo.exporter.onnx.OnnxOptions;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.flux.LatentPacking;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.OrtEngine;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.rollout.VaeDecoder;

/** An open FLUX model: the sizes and weights of its transformer and autoencoder, checked whole. Whoever opens it closes it. */
public final class FluxModel implements AutoCloseable {

    /** Name of the model that ships with the project. */
    public static final String BUILT_IN = "scenes";

    /** Token positions of the built-in model's prompts. */
    public static final int TEXT_LENGTH = 16;

    private static final int DECODED_TOGETHER = 16;

    private final Path folder;
    private final FluxConfig config;
    private final VaeConfig vaeConfig;
    private final Component transformer;
    private final Component vae;

    private FluxModel(Path folder, FluxConfig config, VaeConfig vaeConfig, Component transformer, Component vae) {
        this.folder = folder;
        this.config = config;
        this.vaeConfig = vaeConfig;
        this.transformer = transformer;
        this.vae = vae;
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
        Path path = model.equals(BUILT_IN) ? builtIn() : Path.of(model);
        ModelFolder folder = ModelFolder.open(path);
        Component transformer = folder.open("transformer", "");
        try {
            Component vae = folder.open("vae", "");
            try {
                FluxConfig config = FluxConfig.of(transformer.config());
                VaeConfig vaeConfig = VaeConfig.of(vae.config());
                WeightsCheck.same(
                        Inventory.parameters(FluxTransformer.of(config)),
                        transformer.weights(),
                        transformer.folder().toString());
                return new FluxModel(path, config, vaeConfig, transformer, vae);
            } catch (RuntimeException e) {
                vae.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            transformer.close();
            throw e;
        }
    }

    public Path folder() {
        return folder;
    }

    public FluxConfig config() {
        return config;
    }

    public VaeConfig vaeConfig() {
        return vaeConfig;
    }

    /** The transformer's weights; they live as long as this model is open. */
    public Weights weights() {
        return transformer.weights();
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

    /** A frozen copy of the transformer with these weights, as an engine of the caller. */
    public Engine policyEngine(String name, Weights weights) {
        return engine(name, FluxTransformer.of(config), weights);
    }

    /** The decoder as an engine of the caller. */
    public Engine decoderEngine() {
        return engine("decoder", AutoencoderKl.decoder(vaeConfig), vae.weights());
    }

    /** Pictures from latents by {@link #decoderEngine()}. */
    public VaeDecoder decoder(Engine engine, FluxInputs inputs) {
        return new VaeDecoder(engine, vaeConfig, inputs.packing(), DECODED_TOGETHER);
    }

    /** A frozen copy of a network as an engine of the caller. */
    public static Engine engine(String name, Network network, Weights weights) {
        OnnxModel model = OnnxExport.of(network, OnnxOptions.ort());
        return new OrtEngine(name, model.skeleton(), model.parameters(), weights);
    }

    /** The prompts to train on that come with the built-in model. */
    public static List<String> builtInPrompts() throws IOException {
        return Files.readAllLines(builtIn().resolve("prompts.txt"));
    }

    @Override
    public void close() {
        try {
            transformer.close();
        } finally {
            vae.close();
        }
    }
}
