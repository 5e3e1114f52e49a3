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
            "diffusion_model.", LoraFormat.BFL);
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
            "(transformer\\.|base_model\\.model\\.|lora_unet_|diffusion_model\\.|(?=(?:single_)?transformer_blocks\\.))([\\w.]+?)\\.(%s)"
                    .formatted(String.join("|", ENDINGS.keySet()).replace(".", "\\.")));
    private static final Pattern TEXT = Pattern.compile("(lora_te|text_encoder|te[12]?\\.).*");
    private static final Pattern OTHER_METHODS =
            Pattern.compile(".*(dora_scale|lora_magnitude_vector|hada_w|lokr_w|oft_|lora_mid|\\.diff).*");

    /** Empty if the array is none of an adapter of a linear layer of the transformer. */
    static Optional<LoraKey> of(String key) {
        Matcher matcher = KEY.matcher(key);
        return matcher.matches()
                ? Optional.of(new LoraKey(
                        PREFIXES.getOrDefault(matcher.group(1), LoraFormat.DIFFUSERS),
                        matcher.group(2),
                        ENDINGS.get(matcher.group(3))))
                : Optional.empty();
    }

    /** Why an array is not known. */
    static String reason(String key) {
        if (TEXT.matcher(key).matches()) {
            return "adapters of text encoders are not supported";
        } else if (OTHER_METHODS.matcher(key).matches()) {
            return "of the kinds of adapters only LoRA is supported (no DoRA, LoHa, LoKr, OFT)";
        } else if (key.contains(".processor.")) {
            return "the layout of XLabs is not supported; convert the file with diffusers";
        } else if (key.endsWith(".bias")) {
            return "biases are not supported";
        }
        return "expected A, B or alpha of a layer of the transformer";
    }
}
