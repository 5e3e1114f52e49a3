package mixgrpo.models.sd3;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import mixgrpo.models.SizeLimits;
import mixgrpo.models.weights.ConfigFields;
import mixgrpo.models.weights.Problems;

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

    private static final String CLASS = "SD3Transformer2DModel";
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
        ConfigFields fields = new ConfigFields(config, CLASS);
        int inChannels = fields.number("in_channels", 1);
        int heads = fields.number("num_attention_heads", 1);
        int headDim = fields.number("attention_head_dim", 1);
        int caption = fields.number("caption_projection_dim", 1);
        if (caption != (long) heads * headDim) {
            throw new IllegalArgumentException(
                    "caption_projection_dim: expected num_attention_heads * attention_head_dim = %d, got %d"
                            .formatted((long) heads * headDim, caption));
        }
        JsonNode norm = config.path("qk_norm");
        boolean normalised = !norm.isMissingNode() && !norm.isNull();
        if (normalised && !norm.asText().equals(RMS_NORM)) {
            throw new IllegalArgumentException("qk_norm: expected null or \"%s\", got %s"
                    .formatted(RMS_NORM, Problems.printable(norm.toString())));
        }
        return new Sd3Config(
                fields.number("sample_size", 1),
                fields.number("patch_size", 1),
                inChannels,
                fields.positive("out_channels", inChannels),
                fields.number("num_layers", 1),
                headDim,
                heads,
                fields.number("joint_attention_dim", 1),
                fields.number("pooled_projection_dim", 1),
                fields.number("pos_embed_max_size", 1),
                fields.numbers("dual_attention_layers", 0),
                normalised);
    }

    /** Fields of a {@code config.json} that this project knows nothing of; what they ask for is not done. */
    public static List<String> unknownFields(JsonNode config) {
        return new ConfigFields(config, CLASS)
                .unknown(ConfigFields.names(of(config).json()));
    }

    /** As diffusers' {@code config.json}. */
    public ObjectNode json() {
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        config.put("_class_name", CLASS)
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
