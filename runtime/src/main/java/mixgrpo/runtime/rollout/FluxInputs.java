package mixgrpo.runtime.rollout;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.flux.RotaryTables;
import mixgrpo.runtime.text.TextEmbedding;

/** The inputs of a FLUX transformer; latents are packed. */
public final class FluxInputs implements TransformerInputs {

    private final FluxConfig config;
    private final LatentPacking packing;
    private final int textLength;
    private final double guidance;
    private final RotaryTables rotary;

    /**
     * @param textLength token positions of every prompt
     * @param guidance scale that a network with guidance embedding is told; without effect on others
     */
    public FluxInputs(FluxConfig config, LatentPacking packing, int textLength, double guidance) {
        if (4 * packing.channels() != config.inChannels()) {
            throw new IllegalArgumentException(
                    "the transformer takes tokens of %d channels, packed latents of %d channels have %d; are vae and transformer of one model?"
                            .formatted(config.inChannels(), packing.channels(), 4 * packing.channels()));
        }
        this.config = config;
        this.packing = packing;
        this.textLength = textLength;
        this.guidance = guidance;
        rotary = RotaryTables.of(config.axesDimsRope(), textLength, packing.rows(), packing.columns());
    }

    public FluxConfig config() {
        return config;
    }

    @Override
    public Network network() {
        return FluxTransformer.of(config);
    }

    @Override
    public LatentPacking packing() {
        return packing;
    }

    @Override
    public Map<String, Array> constant(List<TextEmbedding> texts) {
        Map<String, Array> inputs =
                Rows.texts(texts, textLength, config.jointAttentionDim(), config.pooledProjectionDim());
        if (config.guidanceEmbeds()) {
            double[] scales = new double[texts.size()];
            Arrays.fill(scales, guidance);
            inputs.put("guidance_proj", Rows.sinusoids(scales));
        }
        int joint = textLength + packing.tokens();
        inputs.put("rotary_cos", Array.of(rotary.cos(), joint, config.attentionHeadDim()));
        inputs.put("rotary_sin", Array.of(rotary.sin(), joint, config.attentionHeadDim()));
        return inputs;
    }

    @Override
    public Map<String, Array> changing(List<float[]> latents, double[] sigmas) {
        return Rows.latents(latents, packing, sigmas);
    }
}
