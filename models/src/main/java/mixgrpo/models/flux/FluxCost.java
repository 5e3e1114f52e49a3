package mixgrpo.models.flux;

import mixgrpo.models.dit.Sinusoid;

/**
 * What a FLUX transformer computes for one image: floating-point operations of its matrix products, a multiplication and an
 * addition counted as two. What is done element by element is left out.
 *
 * @param config sizes of the network
 * @param textTokens of the prompt
 * @param imageTokens of the picture
 */
public record FluxCost(FluxConfig config, int textTokens, int imageTokens) {

    /** Of one forward pass. */
    public double forward() {
        double dim = config.dim();
        double tokens = textTokens + imageTokens;
        double attention = 2 * tokens * tokens * dim;
        double doubleBlock = 12 * dim * dim * (tokens + 1) + attention; // 6 dim^2 of modulation each for image and text
        double singleBlock = 12 * dim * dim * tokens + 3 * dim * dim + attention;
        double conditioning = (Sinusoid.CHANNELS + dim) * dim * (config.guidanceEmbeds() ? 2 : 1)
                + (config.pooledProjectionDim() + dim) * dim;
        double ends = imageTokens * dim * (config.inChannels() + config.outChannels())
                + textTokens * dim * config.jointAttentionDim()
                + 2 * dim * dim;
        return 2 * (config.numLayers() * doubleBlock + config.numSingleLayers() * singleBlock + conditioning + ends);
    }

    /** Of the backward pass, which has two products for every one of the forward pass. */
    public double backward() {
        return 2 * forward();
    }
}
