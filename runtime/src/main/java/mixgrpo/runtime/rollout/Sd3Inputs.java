package mixgrpo.runtime.rollout;

import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.sd3.PositionTable;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.models.sd3.Sd3Transformer;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.text.TextEmbedding;

/** The inputs of a Stable Diffusion 3 transformer; latents are packed. */
public final class Sd3Inputs implements TransformerInputs {

    private final Sd3Config config;
    private final LatentPacking packing;
    private final int textLength;
    private final Array positions;

    /**
     * @param packing in patches of the model's size
     * @param textLength token positions of every prompt
     * @param checkpoint holds the table of positions, of which the window for these latents is read here
     * @throws IllegalArgumentException if latents do not fit the model, or are larger than its table of positions
     */
    public Sd3Inputs(Sd3Config config, LatentPacking packing, int textLength, Weights checkpoint) {
        if (config.outChannels() != config.inChannels()
                || packing.channels() != config.inChannels()
                || packing.patch() != config.patchSize()) {
            throw new IllegalArgumentException(
                    "the transformer takes latents of %d channels in patches of %d and predicts %d channels, got latents of %d channels in patches of %d; are vae and transformer of one model?"
                            .formatted(
                                    config.inChannels(),
                                    config.patchSize(),
                                    config.outChannels(),
                                    packing.channels(),
                                    packing.patch()));
        }
        this.config = config;
        this.packing = packing;
        this.textLength = textLength;
        positions = Array.of(
                PositionTable.window(config, checkpoint, packing.rows(), packing.columns()),
                packing.tokens(),
                config.dim());
    }

    public Sd3Config config() {
        return config;
    }

    @Override
    public Network network() {
        return Sd3Transformer.of(config);
    }

    @Override
    public LatentPacking packing() {
        return packing;
    }

    @Override
    public Map<String, Array> constant(List<TextEmbedding> texts) {
        Map<String, Array> inputs =
                Rows.texts(texts, textLength, config.jointAttentionDim(), config.pooledProjectionDim());
        inputs.put("position_embedding", positions);
        return inputs;
    }

    @Override
    public Map<String, Array> changing(List<float[]> latents, double[] sigmas) {
        return Rows.latents(latents, packing, sigmas);
    }
}
