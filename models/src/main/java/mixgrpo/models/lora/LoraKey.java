package mixgrpo.models.lora;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The key of an array in an adapter's file, taken apart.
 *
 * @param format whose way of naming it is
 * @param layer as the file names it, without prefix: {@code transformer_blocks.0.attn.to_q}, {@code double_blocks_0_img_attn_qkv}
 * @param role what the array is to the layer
 */
record LoraKey(LoraFormat format, String layer, Role role) {

    enum Role {
        A,
        B,
        ALPHA
    }

    private static final Map<String, LoraFormat> PREFIXES = Map.of(
            "transformer.", LoraFormat.DIFFUSERS,
            "base_model.model.", LoraFormat.PEFT,
            "lora_unet_", LoraFormat.KOHYA,
            "lora_transformer_", LoraFormat.ONE_TRAINER,
            "diffusion_model.", LoraFormat.BFL);

    /** What keys without a prefix begin with: the first names of diffusers' paths, then those of the models' makers. */
    private static final String BARE =
            "(?:single_)?transformer_blocks|x_embedder|context_embedder|time_text_embed|norm_out|proj_out";

    private static final String BARE_ORIGINAL =
            "double_blocks|single_blocks|img_in|txt_in|time_in|vector_in|guidance_in|final_layer|joint_blocks|t_embedder|y_embedder";
    private static final Map<String, Role> ENDINGS = Map.of(
            "lora_A.weight", Role.A,
            "lora_A.default.weight", Role.A,
            "lora_down.weight", Role.A,
            "lora.down.weight", Role.A,
            "lora_B.weight", Role.B,
            "lora_B.default.weight", Role.B,
            "lora_up.weight", Role.B,
            "lora.up.weight", Role.B,
            "alpha", Role.ALPHA);
    private static final Pattern KEY = Pattern.compile(
            "(transformer\\.|base_model\\.model\\.|lora_unet_|lora_transformer_|diffusion_model\\.|(?=(?:%s|%s)\\.))([\\w.]+?)\\.(%s)"
                    .formatted(
                            BARE,
                            BARE_ORIGINAL,
                            String.join("|", ENDINGS.keySet()).replace(".", "\\.")));
    private static final Pattern BARE_ORIGINAL_LAYER = Pattern.compile("(?:%s)(?:\\..*)?".formatted(BARE_ORIGINAL));
    private static final Pattern TEXT =
            Pattern.compile("(lora_te|text_encoder|te[123]?\\.|clip_[lg]\\.|t5(xxl)?\\.).*");
    private static final Pattern OTHER_METHODS =
            Pattern.compile(".*(dora_scale|lora_magnitude_vector|hada_w|lokr_w|oft_|lora_mid|\\.diff).*");

    /** Empty if the array is none of an adapter of a linear layer of the transformer. */
    static Optional<LoraKey> of(String key) {
        Matcher matcher = KEY.matcher(key);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String layer = matcher.group(2);
        Role role = ENDINGS.get(matcher.group(3));
        LoraFormat bare = BARE_ORIGINAL_LAYER.matcher(layer).matches() ? LoraFormat.BFL : LoraFormat.DIFFUSERS;
        LoraFormat format = PREFIXES.getOrDefault(matcher.group(1), bare);
        return format == LoraFormat.ONE_TRAINER
                ? UnderscoredPath.dotted(layer).map(path -> new LoraKey(format, path, role))
                : Optional.of(new LoraKey(format, layer, role));
    }

    /** Whether an array is of an adapter of a text encoder. */
    static boolean isOfText(String key) {
        return TEXT.matcher(key).matches();
    }

    /** Why an array cannot be used; empty if nothing is known of such keys. */
    static Optional<String> reason(String key) {
        if (OTHER_METHODS.matcher(key).matches()) {
            return Optional.of("of the kinds of adapters only LoRA is supported (no DoRA, LoHa, LoKr, OFT)");
        } else if (key.contains(".processor.")) {
            return Optional.of("the layout of XLabs is not supported; convert the file with diffusers");
        } else if (key.endsWith(".bias")) {
            return Optional.of("biases are not supported");
        }
        return Optional.empty();
    }
}
