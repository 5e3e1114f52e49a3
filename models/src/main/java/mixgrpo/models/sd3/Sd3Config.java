package mixgrpo.models.sd3;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import mixgrpo.models.SizeLimits;

/**
 * Sizes of an SD3 or SD3.5 transformer, named as in diffusers' {@code config.json}.
 *
 * @param sampleSize places along a side of the latents that the model was made for; nothing depends on it
 * @param patchSize places along a side of a token
 * @param inChannels channels of a latent
 * @param outChannels channels of a prediction
 * @param numLayers joint blocks
 * @param attentionHeadDim channels of a head
 * @param numAttentionHeads heads; the model's width is heads times channels of a head
 * @param jointAttentionDim channels of a text token
 * @param pooledProjectionDim channels of the pooled text
 * @param posEmbedMaxSize tokens along a side of the table of positions
 * @param dualAttentionLayers blocks with a second attention, over the image alone (SD3.5 medium)
 * @param qkNorm whether queries and keys are normalised (SD3.5)
 */
public record Sd3Config(
        int sampleSize,
        int patchSize,
        int inChannels,
        int outChannels,
        int numLayers,
        int attentionHeadDim,
        int numAttentionHeads,
        int jointAttentionDim,
        int pooledProjectionDim,
        int posEmbedMaxSize,
        List<Integer> dualAttentionLayers,
        boolean qkNorm) {

    private static final String RMS_NORM = "rms_norm";

    public Sd3Config {
        dualAttentionLayers = List.copyOf(dualAttentionLayers);
        SizeLimits.blocks("num_layers", numLayers);
        SizeLimits.extent("patch_size", patchSize);
        SizeLimits.extent("in_channels * patch_size^2", (long) inChannels * patchSize * patchSize);
        SizeLimits.extent("out_channels * patch_size^2", (long) outChannels * patchSize * patchSize);
        SizeLimits.extent("attention_head_dim * num_attention_heads", (long) attentionHeadDim * numAttentionHeads);
        SizeLimits.extent("joint_attention_dim", jointAttentionDim);
        SizeLimits.extent("pooled_projection_dim", pooledProjectionDim);
        SizeLimits.extent("pos_embed_max_size^2", (long) posEmbedMaxSize * posEmbedMaxSize);
        for (int layer : dualAttentionLayers) {
            if (layer < 0 || layer >= numLayers) {
                throw new IllegalArgumentException("dual_attention_layers: expected blocks 0 to %d (num_layers), got %s"
                        .formatted(numLayers - 1, dualAttentionLayers));
            }
        }
    }

    /**
     * From a {@code config.json} of class SD3Transformer2DModel.
     *
     * @throws IllegalArgumentException naming the field that is missing or not supported
     */
    public static Sd3Config of(JsonNode config) {
        int inChannels = number(config, "in_channels");
        int heads = number(config, "num_attention_heads");
        int headDim = number(config, "attention_head_dim");
        int caption = number(config, "caption_projection_dim");
        if (caption != (long) heads * headDim) {
            throw new IllegalArgumentException(
                    "caption_projection_dim: expected num_attention_heads * attention_head_dim = %d, got %d"
                            .formatted((long) heads * headDim, caption));
        }
        JsonNode norm = config.path("qk_norm");
        boolean normalised = !norm.isMissingNode() && !norm.isNull();
        if (normalised && !norm.asText().equals(RMS_NORM)) {
            throw new IllegalArgumentException("qk_norm: expected null or \"%s\", got %s".formatted(RMS_NORM, norm));
        }
        List<Integer> dual = new ArrayList<>();
        config.path("dual_attention_layers").forEach(layer -> dual.add(layer.asInt(-1)));
        return new Sd3Config(
                number(config, "sample_size"),
                number(config, "patch_size"),
                inChannels,
                config.path("out_channels").asInt(inChannels),
                number(config, "num_layers"),
                headDim,
                heads,
                number(config, "joint_attention_dim"),
                number(config, "pooled_projection_dim"),
                number(config, "pos_embed_max_size"),
                dual,
                normalised);
    }

    private static int number(JsonNode config, String field) {
        JsonNode value = config.path(field);
        if (!value.isInt() || value.asInt() < 1) {
            throw new IllegalArgumentException(
                    "%s in config.json of SD3Transformer2DModel: expected a whole number from 1, got %s"
                            .formatted(field, value.isMissingNode() ? "nothing" : value));
        }
        return value.asInt();
    }

    /** As diffusers' {@code config.json}. */
    public ObjectNode json() {
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        config.put("_class_name", "SD3Transformer2DModel")
                .put("attention_head_dim", attentionHeadDim)
                .put("caption_projection_dim", dim());
        ArrayNode dual = config.putArray("dual_attention_layers");
        dualAttentionLayers.forEach(dual::add);
        return config.put("in_channels", inChannels)
                .put("joint_attention_dim", jointAttentionDim)
                .put("num_attention_heads", numAttentionHeads)
                .put("num_layers", numLayers)
                .put("out_channels", outChannels)
                .put("patch_size", patchSize)
                .put("pooled_projection_dim", pooledProjectionDim)
                .put("pos_embed_max_size", posEmbedMaxSize)
                .put("qk_norm", qkNorm ? RMS_NORM : null)
                .put("sample_size", sampleSize);
    }

    /** Width of the model. */
    public int dim() {
        return attentionHeadDim * numAttentionHeads;
    }
}
