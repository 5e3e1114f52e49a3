package mixgrpo.tools.export;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Map;
import mixgrpo.exporter.verify.Subject;
import mixgrpo.models.Array;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.ClipTextEncoder;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.text.T5Encoder;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.tools.model.Architecture;
import mixgrpo.tools.model.Sd3Architecture;

/**
 * The networks of a model folder that engines are made of, with inputs to try them on. Weights are mapped and read when they are needed. Whoever
 * opens it closes it.
 */
final class ModelNetworks implements AutoCloseable {

    private static final String CONFIG = "config.json";
    private static final String VAE = "vae";
    /** What a distilled FLUX is told in its examples. */
    private static final double GUIDANCE = 3.5;

    private final ModelFolder folder;
    private final OpenResources open = new OpenResources();

    /** @param folder of the model, with its index */
    ModelNetworks(ModelFolder folder) {
        this.folder = folder;
    }

    /**
     * A network with its weights, checked, and inputs of these sizes. The weights live as long as this is open.
     *
     * @throws IOException if its files are missing, broken, or do not fit its configuration
     */
    Subject subject(ModelPart part, ProbeSizes sizes) throws IOException {
        PartSource source = open.add(PartSource.open(folder, part));
        JsonNode config = folder.json(part.folder(), CONFIG);
        Map<String, Array> inputs =
                switch (part) {
                    case TRANSFORMER -> transformer(Architecture.of(config), source.weights(), sizes);
                    case VAE_DECODER, VAE_ENCODER ->
                        ProbeInputs.autoencoder(source.network(), VaeConfig.of(config), sizes);
                    case TEXT_ENCODER, TEXT_ENCODER_2, TEXT_ENCODER_3 ->
                        folder.parts().get(part.folder()).name().startsWith("T5")
                                ? t5(T5Config.of(config), sizes)
                                : clip(ClipConfig.of(config), sizes);
                };
        return new Subject(part.toString(), source.network(), source.weights(), inputs);
    }

    private Map<String, Array> transformer(Architecture architecture, Weights weights, ProbeSizes sizes)
            throws IOException {
        TransformerInputs inputs =
                architecture.inputs(packing(architecture, sizes), sizes.textTokens(), GUIDANCE, weights);
        return ProbeInputs.transformer(inputs, architecture, sizes.batch(), sizes.textTokens(), sizes.seed());
    }

    private static Map<String, Array> t5(T5Config config, ProbeSizes sizes) {
        return T5Encoder.inputs(config, ProbeInputs.ids(config.vocabSize(), sizes.textTokens(), 1, sizes));
    }

    private static Map<String, Array> clip(ClipConfig config, ProbeSizes sizes) {
        int tokens = Math.min(sizes.textTokens(), config.maxPositionEmbeddings());
        int end = config.vocabSize() - 1; // what CLIP pools is the place of the largest id, or of eos_token_id
        return ClipTextEncoder.inputs(config, ProbeInputs.ids(config.vocabSize(), tokens, end, sizes));
    }

    private LatentPacking packing(Architecture architecture, ProbeSizes sizes) throws IOException {
        VaeConfig vae = VaeConfig.of(folder.json(VAE, CONFIG));
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
