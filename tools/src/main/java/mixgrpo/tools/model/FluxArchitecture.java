package mixgrpo.tools.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import mixgrpo.exporter.onnx.Signature;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.flux.BflFile;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.weights.PipelineFamily;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.rollout.TransformerInputs;

/** FLUX.1, dev and schnell: with and without an embedding of the guidance. */
public record FluxArchitecture(FluxConfig config) implements Architecture {

    static final String CLASS = "FluxTransformer2DModel";

    /** What diffusers' pipeline gives a prompt unless told otherwise. */
    private static final int DEV_TEXT_LENGTH = 512;
    /** What schnell was distilled with; its reference refuses more. */
    private static final int SCHNELL_TEXT_LENGTH = 256;

    private static final int PATCH = 2;

    @Override
    public PipelineFamily family() {
        return PipelineFamily.FLUX;
    }

    @Override
    public String className() {
        return CLASS;
    }

    @Override
    public ObjectNode json() {
        return config.json();
    }

    @Override
    public List<String> unknownFields(JsonNode config) {
        return FluxConfig.unknownFields(config);
    }

    @Override
    public Network network() {
        return FluxTransformer.of(config);
    }

    @Override
    public Weights weights(WeightsFile file) {
        return BflFile.matches(file) ? BflFile.of(file, config).weights() : file;
    }

    @Override
    public Signature signature() {
        return Signature.flux(config);
    }

    @Override
    public Sizes sizes() {
        return new Sizes(
                config.dim(),
                config.numAttentionHeads(),
                config.numLayers() + config.numSingleLayers(),
                PATCH,
                config.jointAttentionDim(),
                config.pooledProjectionDim(),
                config.guidanceEmbeds() ? DEV_TEXT_LENGTH : SCHNELL_TEXT_LENGTH,
                config.guidanceEmbeds());
    }

    @Override
    public Channels channels(int latentChannels) {
        return new Channels(config.inChannels(), config.outChannels(), PATCH * PATCH * latentChannels);
    }

    @Override
    public TransformerInputs inputs(LatentPacking packing, int textLength, double guidance, Weights checkpoint) {
        return new FluxInputs(config, packing, textLength, guidance);
    }
}
