package mixgrpo.models.flux;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import mixgrpo.models.SizeLimits;
import mixgrpo.models.weights.ConfigFields;
import mixgrpo.models.weights.Problems;

/**
 * Sizes of a FLUX transformer, named as in diffusers' {@code config.json}.
 *
 * @param inChannels channels of a packed latent token
 * @param outChannels channels of a predicted token
 * @param numLayers double blocks
 * @param numSingleLayers single blocks
 * @param attentionHeadDim channels of a head
 * @param numAttentionHeads heads; the model's width is heads times channels of a head
 * @param jointAttentionDim channels of a text token
 * @param pooledProjectionDim channels of the pooled text
 * @param guidanceEmbeds whether a guidance scale is an input
 * @param axesDimsRope rotary channels of each of the three position axes; they sum to {@code attentionHeadDim}
 */
public record FluxConfig(
        int inChannels,
        int outChannels,
        int numLayers,
        int numSingleLayers,
        int attentionHeadDim,
        int numAttentionHeads,
        int jointAttentionDim,
        int pooledProjectionDim,
        boolean guidanceEmbeds,
        List<Integer> axesDimsRope) {

    private static final String CLASS = "FluxTransformer2DModel";

    /** Channels of a head by axis in every FLUX.1. */
    static final List<Integer> STANDARD_AXES = List.of(16, 56, 56);

    public FluxConfig {
        axesDimsRope = List.copyOf(axesDimsRope);
        SizeLimits.extent("in_channels", inChannels);
        SizeLimits.extent("out_channels", outChannels);
        SizeLimits.blocks("num_layers", numLayers);
        SizeLimits.blocks("num_single_layers", numSingleLayers);
        SizeLimits.extent("attention_head_dim", attentionHeadDim);
        SizeLimits.extent("num_attention_heads", numAttentionHeads);
        SizeLimits.extent("attention_head_dim * num_attention_heads", (long) attentionHeadDim * numAttentionHeads);
        SizeLimits.extent("joint_attention_dim", jointAttentionDim);
        SizeLimits.extent("pooled_projection_dim", pooledProjectionDim);
        long rotary = axesDimsRope.stream().mapToLong(Integer::intValue).sum();
        if (rotary != attentionHeadDim
                || axesDimsRope.size() != STANDARD_AXES.size()
                || axesDimsRope.stream().anyMatch(axis -> axis < 2 || axis % 2 != 0)) {
            throw new IllegalArgumentException(
                    "axes_dims_rope: expected three even numbers (text, row, column) that sum to attention_head_dim %d, got %s"
                            .formatted(attentionHeadDim, axesDimsRope));
        }
    }

    /**
     * From a {@code config.json} of class FluxTransformer2DModel.
     *
     * @throws IllegalArgumentException naming the field that is missing or not supported
     */
    public static FluxConfig of(JsonNode config) {
        ConfigFields fields = new ConfigFields(config, CLASS);
        String className = fields.text("_class_name", CLASS);
        if (!className.equals(CLASS)) {
            throw fields.wrong("_class_name", CLASS, className);
        }
        if (fields.positive("patch_size", 1) != 1) {
            throw new IllegalArgumentException(
                    "patch_size: expected 1 (latents are packed outside the transformer), got "
                            + Problems.printable(config.path("patch_size").toString()));
        }
        int inChannels = fields.number("in_channels", 1);
        List<Integer> axes = fields.numbers("axes_dims_rope", 2);
        return new FluxConfig(
                inChannels,
                fields.positive("out_channels", inChannels),
                fields.number("num_layers", 0),
                fields.number("num_single_layers", 0),
                fields.number("attention_head_dim", 1),
                fields.number("num_attention_heads", 1),
                fields.number("joint_attention_dim", 1),
                fields.number("pooled_projection_dim", 1),
                fields.flag("guidance_embeds", false),
                axes.isEmpty() ? STANDARD_AXES : axes);
    }

    /** Fields of a {@code config.json} that this project knows nothing of; what they ask for is not done. */
    public static List<String> unknownFields(JsonNode config) {
        return new ConfigFields(config, CLASS)
                .unknown(ConfigFields.names(of(config).json()));
    }

    /** As diffusers' {@code config.json}. */
    public ObjectNode json() {
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        config.put("_class_name", CLASS);
        config.put("attention_head_dim", attentionHeadDim);
        ArrayNode axes = config.putArray("axes_dims_rope");
        axesDimsRope.forEach(axes::add);
        return config.put("guidance_embeds", guidanceEmbeds)
                .put("in_channels", inChannels)
                .put("joint_attention_dim", jointAttentionDim)
                .put("num_attention_heads", numAttentionHeads)
                .put("num_layers", numLayers)
                .put("num_single_layers", numSingleLayers)
                .put("out_channels", outChannels)
                .put("patch_size", 1)
                .put("pooled_projection_dim", pooledProjectionDim);
    }

    /** Width of the model. */
    public int dim() {
        return attentionHeadDim * numAttentionHeads;
    }
}
