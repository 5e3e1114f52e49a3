package mixgrpo.tools.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import mixgrpo.exporter.onnx.Signature;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.models.sd3.Sd3Transformer;
import mixgrpo.models.weights.PipelineFamily;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.rollout.Sd3Inputs;
import mixgrpo.runtime.rollout.TransformerInputs;

/** Stable Diffusion 3 and 3.5. */
public record Sd3Architecture(Sd3Config config) implements Architecture {

    static final String CLASS = "SD3Transformer2DModel";

    /** T5's tokens in diffusers' pipeline unless told otherwise. */
    private static final int TEXT_LENGTH = 256;

    /** {@code guidance_scale} of diffusers' pipeline. */
    private static final double TRUE_CFG = 7;

    @Override
    public PipelineFamily family() {
        return PipelineFamily.SD3;
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
    public SchedulerConfig.Levels levels() {
        return SchedulerConfig.Levels.BY_NUMBER;
    }

    @Override
    public double trueCfg() {
        return TRUE_CFG;
    }

    @Override
    public List<String> unknownFields(JsonNode config) {
        return Sd3Config.unknownFields(config);
    }

    @Override
    public Network network() {
        return Sd3Transformer.of(config);
    }

    @Override
    public Signature signature() {
        return Signature.sd3(config);
    }

    @Override
    public Sizes sizes() {
        return new Sizes(
                config.dim(),
                config.numAttentionHeads(),
                config.numLayers(),
                config.patchSize(),
                config.jointAttentionDim(),
                config.pooledProjectionDim(),
                TEXT_LENGTH,
                false);
    }

    @Override
    public Channels channels(int latentChannels) {
        return new Channels(config.inChannels(), config.outChannels(), latentChannels);
    }

    @Override
    public TransformerInputs inputs(LatentPacking packing, int textLength, double guidance, Weights checkpoint) {
        return new Sd3Inputs(config, packing, textLength, checkpoint);
    }
}
