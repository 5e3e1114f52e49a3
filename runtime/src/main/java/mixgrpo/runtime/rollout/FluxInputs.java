package mixgrpo.runtime.rollout;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.LatentPacking;
import mixgrpo.models.flux.RotaryTables;
import mixgrpo.models.flux.Sinusoid;
import mixgrpo.runtime.text.TextEmbedding;

/** How packed latents, prompts and noise levels become the inputs of a FLUX transformer, for engine and trainer alike. */
public final class FluxInputs {

    private final FluxConfig config;
    private final LatentPacking packing;
    private final int textLength;
    private final float guidance;
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
        this.guidance = (float) guidance;
        rotary = RotaryTables.of(config.axesDimsRope(), textLength, packing.rows(), packing.columns());
    }

    public FluxConfig config() {
        return config;
    }

    public LatentPacking packing() {
        return packing;
    }

    /** Elements of one image's latents. */
    public int elements() {
        return packing.elements();
    }

    /**
     * All inputs of a batch.
     *
     * @param latents packed, one row an image
     * @param texts the prompt of every row
     * @param sigmas what the network is told about every row
     */
    public Map<String, Array> of(List<float[]> latents, List<TextEmbedding> texts, double[] sigmas) {
        Map<String, Array> inputs = new LinkedHashMap<>(constant(texts));
        inputs.put("hidden_states", hiddenStates(latents));
        inputs.put("timestep_proj", timestep(sigmas));
        return inputs;
    }

    /** What does not change from step to step: text, guidance, positions. */
    Map<String, Array> constant(List<TextEmbedding> texts) {
        int batch = texts.size();
        int width = config.jointAttentionDim();
        int pooledWidth = config.pooledProjectionDim();
        float[] states = new float[batch * textLength * width];
        float[] pooled = new float[batch * pooledWidth];
        for (int i = 0; i < batch; i++) {
            TextEmbedding text = texts.get(i);
            System.arraycopy(text.tokenStates(), 0, states, i * textLength * width, text.tokenStates().length);
            System.arraycopy(text.pooled(), 0, pooled, i * pooledWidth, pooledWidth);
        }
        Map<String, Array> inputs = new LinkedHashMap<>();
        inputs.put("encoder_hidden_states", Array.of(states, batch, textLength, width));
        inputs.put("pooled_projections", Array.of(pooled, batch, pooledWidth));
        if (config.guidanceEmbeds()) {
            float[] scales = new float[batch];
            Arrays.fill(scales, guidance);
            inputs.put("guidance_proj", Array.of(Sinusoid.ofThousandths(scales), batch, Sinusoid.CHANNELS));
        }
        int joint = textLength + packing.tokens();
        inputs.put("rotary_cos", Array.of(rotary.cos(), joint, config.attentionHeadDim()));
        inputs.put("rotary_sin", Array.of(rotary.sin(), joint, config.attentionHeadDim()));
        return inputs;
    }

    Array hiddenStates(List<float[]> latents) {
        float[] values = new float[latents.size() * elements()];
        for (int i = 0; i < latents.size(); i++) {
            System.arraycopy(latents.get(i), 0, values, i * elements(), elements());
        }
        return Array.of(values, latents.size(), packing.tokens(), config.inChannels());
    }

    Array timestep(double[] sigmas) {
        float[] values = new float[sigmas.length];
        for (int i = 0; i < sigmas.length; i++) {
            values[i] = (float) sigmas[i];
        }
        return Array.of(Sinusoid.ofThousandths(values), sigmas.length, Sinusoid.CHANNELS);
    }
}
