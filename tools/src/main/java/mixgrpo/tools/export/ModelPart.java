package mixgrpo.tools.export;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import mixgrpo.models.weights.ModelFolder;

/** A network of a model that becomes a file of its own. Rewards that are networks are none of a model's folder. */
public enum ModelPart {
    TRANSFORMER("transformer"),
    VAE_DECODER("vae"),
    VAE_ENCODER("vae"),
    TEXT_ENCODER("text_encoder"),
    TEXT_ENCODER_2("text_encoder_2"),
    TEXT_ENCODER_3("text_encoder_3");

    private final String folder;

    ModelPart(String folder) {
        this.folder = folder;
    }

    /** Those that a model has, in the order above. */
    public static List<ModelPart> in(ModelFolder model) {
        return Arrays.stream(values())
                .filter(part -> model.parts().containsKey(part.folder))
                .toList();
    }

    /** Name of the model's folder that holds its weights. */
    String folder() {
        return folder;
    }

    /** Name of the folder for its files, as Optimum has it: {@code vae_decoder}. */
    String outputFolder() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** As on a command line. */
    @Override
    public String toString() {
        return outputFolder().replace('_', '-');
    }
}
