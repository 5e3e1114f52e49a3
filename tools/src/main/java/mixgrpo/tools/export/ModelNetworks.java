package mixgrpo.tools.export;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.exporter.verify.Subject;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.ClipTextEncoder;
import mixgrpo.models.text.EncoderWeights;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.text.T5Encoder;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.model.Architecture;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.Sd3Architecture;

/**
 * The networks of a model folder that engines are made of, with inputs to try them on. Weights are mapped and read when they are needed. Whoever
 * opens it closes it.
 */
public final class ModelNetworks implements AutoCloseable {

    /** Stands for every network that the folder has. */
    public static final String ALL = "all";

    private static final String TRANSFORMER = "transformer";
    private static final String DECODER = "vae-decoder";
    private static final String ENCODER = "vae-encoder";
    private static final String VAE = "vae";
    /** What a distilled FLUX is told in its examples. */
    private static final double GUIDANCE = 3.5;

    private final ModelFolder folder;
    private final Map<String, String> parts = new LinkedHashMap<>(); // folder of each network by its name
    private final OpenResources open = new OpenResources();

    private ModelNetworks(ModelFolder folder) {
        this.folder = folder;
        for (String part : folder.parts().keySet()) {
            if (part.equals(VAE)) {
                parts.put(DECODER, part);
                parts.put(ENCODER, part);
            } else if (part.equals(TRANSFORMER) || part.matches("text_encoder(_\\d)?")) {
                parts.put(part.replace('_', '-'), part);
            }
        }
    }

    /**
     * Reads the folder's index.
     *
     * @param model {@value ImageModel#BUILT_IN} or a folder in diffusers' layout
     */
    public static ModelNetworks open(String model) throws IOException {
        return new ModelNetworks(
                ModelFolder.open(model.equals(ImageModel.BUILT_IN) ? ImageModel.builtIn() : Path.of(model)));
    }

    /**
     * The networks that are meant.
     *
     * @param asked names, or {@value #ALL}
     * @throws GivenException if the folder lacks one; names those it has
     */
    public List<String> names(List<String> asked) {
        List<String> names = new ArrayList<>();
        for (String name : asked) {
            if (name.equals(ALL)) {
                names.addAll(parts.keySet());
            } else if (parts.containsKey(name)) {
                names.add(name);
            } else {
                throw new GivenException("--component: expected one of %s, or %s, for %s, got %s"
                        .formatted(String.join(", ", parts.keySet()), ALL, folder.path(), name));
            }
        }
        return names.stream().distinct().toList();
    }

    /**
     * A network with its weights, checked, and inputs of these sizes. The weights live as long as this is open.
     *
     * @throws IOException if its files are missing, broken, or do not fit its configuration
     */
    public Subject subject(String name, ProbeSizes sizes) throws IOException {
        Component component = open.add(folder.open(parts.get(name), ""));
        String where = component.folder().toString();
        Weights weights = component.weights();
        JsonNode config = component.config();
        return switch (name) {
            case TRANSFORMER -> {
                Architecture architecture = Architecture.of(config);
                architecture.check(weights, where);
                TransformerInputs inputs =
                        architecture.inputs(packing(architecture, sizes), sizes.textTokens(), GUIDANCE, weights);
                yield new Subject(name, inputs.network(), weights, ProbeInputs.transformer(inputs, architecture, sizes));
            }
            case DECODER, ENCODER -> {
                VaeConfig vae = VaeConfig.of(config);
                Weights current = AutoencoderKl.withCurrentKeys(weights);
                WeightsCheck.same(AutoencoderKl.checkpoint(vae), current, where);
                Network network = name.equals(DECODER) ? AutoencoderKl.decoder(vae) : AutoencoderKl.encoder(vae);
                yield new Subject(name, network, current, ProbeInputs.autoencoder(network, vae, sizes));
            }
            default ->
                folder.parts().get(parts.get(name)).name().startsWith("T5")
                        ? t5(name, T5Config.of(config), weights, where, sizes)
                        : clip(name, ClipConfig.of(config), weights, where, sizes);
        };
    }

    private static Subject t5(String name, T5Config config, Weights weights, String where, ProbeSizes sizes) {
        return new Subject(
                name,
                T5Encoder.of(config),
                EncoderWeights.t5(config, weights, where),
                T5Encoder.inputs(config, ProbeInputs.ids(config.vocabSize(), sizes.textTokens(), 1, sizes)));
    }

    private static Subject clip(String name, ClipConfig config, Weights weights, String where, ProbeSizes sizes) {
        int tokens = Math.min(sizes.textTokens(), config.maxPositionEmbeddings());
        int end = config.vocabSize() - 1; // what CLIP pools is the place of the largest id, or of eos_token_id
        int[][] ids = ProbeInputs.ids(config.vocabSize(), tokens, end, sizes);
        return new Subject(
                name,
                ClipTextEncoder.of(config),
                EncoderWeights.clip(config, weights, where),
                ClipTextEncoder.inputs(config, ids));
    }

    private LatentPacking packing(Architecture architecture, ProbeSizes sizes) throws IOException {
        VaeConfig vae = VaeConfig.of(folder.json(VAE, "config.json"));
        int patch = architecture.patch();
        int tokens = Math.max(1, sizes.side() / vae.stride() / patch);
        if (architecture instanceof Sd3Architecture sd3) {
            tokens = Math.min(tokens, sd3.config().posEmbedMaxSize());
        }
        return new LatentPacking(vae.latentChannels(), tokens * patch, tokens * patch, patch);
    }

    @Override
    public void close() {
        open.close();
    }
}
