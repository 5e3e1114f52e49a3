package mixgrpo.models.lora;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Who named the arrays of an adapter's file. */
public enum LoraFormat {
    /** Paths of diffusers, mostly behind {@code transformer.}; alpha in the header, in arrays (ai-toolkit), or rank. */
    DIFFUSERS("diffusers", "transformer.transformer_blocks.0.attn.to_q.lora_A.weight, also without transformer."),
    /** Paths of Black Forest Labs or Stability AI with underscores behind {@code lora_unet_}; alpha in arrays. */
    KOHYA(
            "kohya",
            "lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight or lora_unet_joint_blocks_0_x_block_attn_qkv.lora_down.weight"),
    /** Paths of diffusers with underscores behind {@code lora_transformer_}; alpha in arrays. */
    ONE_TRAINER("OneTrainer", "lora_transformer_transformer_blocks_0_attn_to_q.lora_down.weight"),
    /** Paths of diffusers behind {@code base_model.model.}; alpha in {@code adapter_config.json}, or in arrays. */
    PEFT("peft", "base_model.model.transformer_blocks.0.attn.to_q.lora_A.weight"),
    /** Paths of Black Forest Labs or Stability AI, mostly behind {@code diffusion_model.}, as ComfyUI has them; alpha in arrays or rank. */
    BFL("ComfyUI", "diffusion_model.double_blocks.0.img_attn.qkv.lora_A.weight, also without diffusion_model.");

    private final String title;
    private final String example;

    LoraFormat(String title, String example) {
        this.title = title;
        this.example = example;
    }

    /** All of them with a key of each, for messages. */
    static String known() {
        return Arrays.stream(values())
                .map(format -> "%s (%s)".formatted(format.title, format.example))
                .collect(Collectors.joining(System.lineSeparator() + "    "));
    }

    /** As people call it. */
    public String title() {
        return title;
    }
}
