package mixgrpo.models.vae;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import mixgrpo.models.SizeLimits;
import mixgrpo.models.weights.ConfigFields;
import mixgrpo.models.weights.Problems;

/**
 * Sizes of an autoencoder, named as in diffusers' {@code config.json}.
 *
 * @param blockOutChannels channels of each level, from the pixels inwards; every level but the last halves height and width
 * @param layersPerBlock resnets of an encoder level; a decoder level has one more
 * @param scalingFactor and {@code shiftFactor} of {@link #normalised latents that a policy works on}
 * @param sampleSize pixels along a side of the pictures that it was made for; 0 if not known
 */
public record VaeConfig(
        int inChannels,
        int outChannels,
        int latentChannels,
        List<Integer> blockOutChannels,
        int layersPerBlock,
        int normNumGroups,
        boolean midBlockAddAttention,
        boolean useQuantConv,
        boolean usePostQuantConv,
        double scalingFactor,
        double shiftFactor,
        int sampleSize) {

    private static final String CLASS = "AutoencoderKL";
    private static final int MOST_LEVELS = 16;

    /** Made for pictures of any size. */
    public VaeConfig(
            int inChannels,
            int outChannels,
            int latentChannels,
            List<Integer> blockOutChannels,
            int layersPerBlock,
            int normNumGroups,
            boolean midBlockAddAttention,
            boolean useQuantConv,
            boolean usePostQuantConv,
            double scalingFactor,
            double shiftFactor) {
        this(
                inChannels,
                outChannels,
                latentChannels,
                blockOutChannels,
                layersPerBlock,
                normNumGroups,
                midBlockAddAttention,
                useQuantConv,
                usePostQuantConv,
                scalingFactor,
                shiftFactor,
                0);
    }

    public VaeConfig {
        blockOutChannels = List.copyOf(blockOutChannels);
        SizeLimits.extent("in_channels", inChannels);
        SizeLimits.extent("out_channels", outChannels);
        SizeLimits.extent("latent_channels", latentChannels);
        SizeLimits.blocks("layers_per_block", layersPerBlock);
        SizeLimits.extent("norm_num_groups", normNumGroups);
        if (blockOutChannels.size() > MOST_LEVELS) {
            throw new IllegalArgumentException("block_out_channels: expected at most %d levels, got %d"
                    .formatted(MOST_LEVELS, blockOutChannels.size()));
        }
        blockOutChannels.forEach(channels -> SizeLimits.extent("block_out_channels", channels));
        for (int channels : blockOutChannels) {
            if (channels % normNumGroups != 0) {
                throw new IllegalArgumentException(
                        "block_out_channels: expected multiples of norm_num_groups %d, got %s"
                                .formatted(normNumGroups, blockOutChannels));
            }
        }
    }

    /**
     * From a {@code config.json} of class AutoencoderKL.
     *
     * @throws IllegalArgumentException naming the field that is missing or not supported
     */
    public static VaeConfig of(JsonNode config) {
        supported(config, "down_block_types", "DownEncoderBlock2D");
        supported(config, "up_block_types", "UpDecoderBlock2D");
        if (!config.path("act_fn").asText("silu").equals("silu")) {
            throw new IllegalArgumentException("act_fn: expected silu, got "
                    + Problems.printable(config.path("act_fn").toString()));
        }
        for (String field : List.of("latents_mean", "latents_std")) {
            if (!config.path(field).isMissingNode() && !config.path(field).isNull()) {
                throw new IllegalArgumentException(
                        "%s: expected null (latents are normalised by scaling_factor and shift_factor), got %s"
                                .formatted(
                                        field,
                                        Problems.printable(config.path(field).toString())));
            }
        }
        ConfigFields fields = new ConfigFields(config, CLASS);
        List<Integer> channels = fields.numbers("block_out_channels", 1);
        if (channels.isEmpty()) {
            throw fields.wrong("block_out_channels", "a list", "nothing");
        }
        return new VaeConfig(
                fields.positive("in_channels", 3),
                fields.positive("out_channels", 3),
                fields.positive("latent_channels", 4),
                channels,
                fields.positive("layers_per_block", 1),
                fields.positive("norm_num_groups", 32),
                fields.flag("mid_block_add_attention", true),
                fields.flag("use_quant_conv", true),
                fields.flag("use_post_quant_conv", true),
                fields.real("scaling_factor", 0.18215),
                fields.real("shift_factor", 0),
                fields.positive("sample_size", 0));
    }

    private static void supported(JsonNode config, String field, String type) {
        config.path(field).forEach(block -> {
            if (!block.asText().equals(type)) {
                throw new IllegalArgumentException(
                        "%s: expected only %s, got %s".formatted(field, type, Problems.printable(block.toString())));
            }
        });
    }

    /** Fields of a {@code config.json} that this project knows nothing of; what they ask for is not done. */
    public static List<String> unknownFields(JsonNode config) {
        Set<String> known = ConfigFields.names(of(config).json());
        known.addAll(List.of("sample_size", "latents_mean", "latents_std", "force_upcast"));
        return new ConfigFields(config, CLASS).unknown(known);
    }

    /** As diffusers' {@code config.json}. */
    public ObjectNode json() {
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        config.put("_class_name", CLASS).put("act_fn", "silu");
        ArrayNode channels = config.putArray("block_out_channels");
        ArrayNode down = config.putArray("down_block_types");
        ArrayNode up = config.putArray("up_block_types");
        for (int level : blockOutChannels) {
            channels.add(level);
            down.add("DownEncoderBlock2D");
            up.add("UpDecoderBlock2D");
        }
        if (sampleSize > 0) {
            config.put("sample_size", sampleSize);
        }
        return config.put("in_channels", inChannels)
                .put("out_channels", outChannels)
                .put("latent_channels", latentChannels)
                .put("layers_per_block", layersPerBlock)
                .put("mid_block_add_attention", midBlockAddAttention)
                .put("norm_num_groups", normNumGroups)
                .put("scaling_factor", scalingFactor)
                .put("shift_factor", shiftFactor)
                .put("use_post_quant_conv", usePostQuantConv)
                .put("use_quant_conv", useQuantConv);
    }

    /** The same sizes with another normalisation of the latents. */
    public VaeConfig withNormalisation(double scaling, double shift) {
        return new VaeConfig(
                inChannels,
                outChannels,
                latentChannels,
                blockOutChannels,
                layersPerBlock,
                normNumGroups,
                midBlockAddAttention,
                useQuantConv,
                usePostQuantConv,
                scaling,
                shift,
                sampleSize);
    }

    /** An encoder's latent as a policy works on it. */
    public float normalised(float latent) {
        return (float) ((latent - shiftFactor) * scalingFactor);
    }

    /** A policy's latent as the decoder takes it: the way back of {@link #normalised}. */
    public float plain(float normalised) {
        return (float) (normalised / scalingFactor + shiftFactor);
    }

    /** Pixels along a side of a latent. */
    public int stride() {
        return 1 << blockOutChannels.size() - 1;
    }
}
