package mixgrpo.tools.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.JsonFile;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.tools.model.FluxArchitecture;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.trainer.pretrain.Initialization;

/** The policy that is measured, and the autoencoder that comes with it, if any. Whoever opens it closes it. */
final class BenchPolicy implements AutoCloseable {

    private static final String RANDOM = "random";
    private static final long SEED = 1;

    /** The sizes of {@value #RANDOM}: 5.3 million parameters. */
    private static final FluxConfig SMALL = new FluxConfig(16, 16, 2, 4, 32, 6, 384, 384, false, List.of(8, 12, 12));

    private final OpenResources open = new OpenResources();
    private FluxConfig config;
    private Weights weights;
    private Component vae;

    private BenchPolicy() {}

    /**
     * Opens a policy.
     *
     * @param policy {@value #RANDOM} for random weights of a small network, {@code random:FILE} for random weights of the sizes in a
     *     {@code config.json}, {@value ImageModel#BUILT_IN} for the built-in model, else a folder in diffusers' layout: a whole model
     *     or its transformer alone
     * @param variant which of several weights of a folder, see {@link ModelFolder#open(Path, String)}
     * @throws IOException if files are missing, broken, or do not fit their configuration
     * @throws IllegalArgumentException if a configuration is not one of a FLUX transformer, or random weights are asked for by a variant
     */
    static BenchPolicy open(String policy, String variant) throws IOException {
        if (!variant.isEmpty() && (policy.equals(RANDOM) || policy.startsWith(RANDOM + ":"))) {
            throw new IllegalArgumentException(
                    "--model-variant: expected with a folder, got '%s' with --policy %s, whose weights are random"
                            .formatted(variant, policy));
        }
        BenchPolicy opened = new BenchPolicy();
        try {
            if (policy.equals(RANDOM)) {
                opened.initialize(SMALL);
            } else if (policy.startsWith(RANDOM + ":")) {
                Path file = Path.of(policy.substring(RANDOM.length() + 1));
                opened.initialize(FluxConfig.of(JsonFile.read(file)));
            } else {
                opened.load(ImageModel.folder(policy), variant);
            }
            return opened;
        } catch (IOException | RuntimeException e) {
            opened.open.closeAfter(e);
            throw e;
        }
    }

    private void initialize(FluxConfig sizes) {
        config = sizes;
        weights = new Initialization(shapes(sizes), key -> false, SEED);
    }

    private void load(Path folder, String variant) throws IOException {
        Component transformer;
        if (Files.exists(folder.resolve("model_index.json"))) {
            ModelFolder model = ModelFolder.open(folder, variant);
            transformer = open.add(model.open("transformer"));
            if (model.parts().containsKey("vae")) {
                vae = open.add(model.open("vae"));
            }
        } else {
            transformer = open.add(Component.open(folder, variant));
        }
        config = FluxConfig.of(transformer.config());
        weights = new FluxArchitecture(config).weights(transformer.weights());
        WeightsCheck.same(shapes(config), weights, transformer.folder().toString());
    }

    private static Map<String, long[]> shapes(FluxConfig config) {
        return Inventory.parameters(FluxTransformer.of(config));
    }

    FluxConfig config() {
        return config;
    }

    /** They live as long as this is open. */
    Weights weights() {
        return weights;
    }

    /** Number of the transformer's parameters. */
    long parameters() {
        return shapes(config).values().stream().mapToLong(Array::elements).sum();
    }

    Optional<VaeConfig> vaeConfig() {
        return Optional.ofNullable(vae).map(component -> VaeConfig.of(component.config()));
    }

    /** The autoencoder's weights; only if there is one. */
    Weights vaeWeights() {
        return vae.weights();
    }

    @Override
    public void close() {
        open.close();
    }
}
