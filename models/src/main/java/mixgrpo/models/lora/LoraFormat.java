package mixgrpo.models.lora;

/** Who named the arrays of an adapter's file. */
public enum LoraFormat {
    /** Paths of diffusers, mostly behind {@code transformer.}; alpha in the header, in arrays (ai-toolkit), or rank. */
    DIFFUSERS("diffusers"),
    /** Black Forest Labs' paths with underscores behind {@code lora_unet_}; alpha in arrays. */
    KOHYA("kohya"),
    /** Paths of diffusers behind {@code base_model.model.}; alpha in {@code adapter_config.json}. */
    PEFT("peft"),
    /** Black Forest Labs' paths behind {@code diffusion_model.}, as ComfyUI has them; alpha in arrays or rank. */
    BFL("ComfyUI");

    private final String title;

    LoraFormat(String title) {
        this.title = title;
    }

    /** As people call it. */
    public String title() {
        return title;
    }
}
