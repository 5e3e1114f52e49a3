package mixgrpo.tools.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.models.sd3.Sd3Transformer;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.rollout.Sd3Inputs;
import mixgrpo.runtime.rollout.TransformerInputs;

/** Stable Diffusion 3 and 3.5. */
public record Sd3Architecture(Sd3Config config) implements Architecture {

    static final String CLASS = "SD3Transformer2DModel";

    /** What diffusers' pipeline gives T5. */
    private static final int T5_LENGTH = 256;
    /** Positions of CLIP's states, which stand before T5's, and of the zeros that stand for T5's in a folder without it. */
    static final int CLIP_LENGTH = 77;

    static final String T5 = "text_encoder_3";

    @Override
    public String pipeline() {
        return "StableDiffusion3Pipeline";
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
    public Network network() {
        return Sd3Transformer.of(config);
    }

    @Override
    public int width() {
        return config.dim();
    }

    @Override
    public int heads() {
        return config.numAttentionHeads();
    }

    @Override
    public int blocks() {
        return config.numLayers();
    }

    @Override
    public int textChannels() {
        return config.jointAttentionDim();
    }

    @Override
    public int pooledChannels() {
        return config.pooledProjectionDim();
    }

    @Override
    public boolean takesGuidance() {
        return false;
    }

    @Override
    public int textLength() {
        return T5_LENGTH;
    }

    @Override
    public int textPositions(int length) {
        return CLIP_LENGTH + length;
    }

    @Override
    public int patch() {
        return config.patchSize();
    }

    @Override
    public TransformerInputs inputs(
            Weights checkpoint, int channels, int height, int width, int textLength, double guidance) {
        LatentPacking packing = new LatentPacking(channels, height, width, config.patchSize());
        return new Sd3Inputs(config, packing, textLength, checkpoint);
    }
}
