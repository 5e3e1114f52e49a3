package mixgrpo.tools.model;

import java.io.IOException;
import mixgrpo.runtime.text.PromptEncoder;
import mixgrpo.runtime.text.TextEncoder;

/** What reads a model's prompts. */
public interface ModelText {

    /** Token positions of a prompt where nobody says it. */
    int length();

    /** Whether it is the encoder that comes with the program, so that the model is one of the scenes world. */
    default boolean isBuiltIn() {
        return false;
    }

    /**
     * The encoders with their weights, which take memory until the caller closes them.
     *
     * @param length token positions of every prompt; longer ones are cut, with a warning that shows what is lost
     * @throws IOException if their files are missing or broken
     * @throws IllegalArgumentException if there are none, or they cannot have that length
     */
    PromptEncoder open(int length) throws IOException;

    /**
     * MiniLM, which comes with the program: for the built-in model and those made from it.
     *
     * @throws IllegalArgumentException if the network takes text of other encoders
     */
    static ModelText builtIn(Architecture architecture, String source) {
        if (architecture.textChannels() != TextEncoder.WIDTH || architecture.pooledChannels() != TextEncoder.WIDTH) {
            throw new IllegalArgumentException(
                    "%s: its transformer takes text of %d and %d channels, and there is no text encoder beside it; expected the folders text_encoder, text_encoder_2, tokenizer and tokenizer_2 that its model_index.json names, or a transformer of MiniLM's %d channels, such as '%s'"
                            .formatted(
                                    source,
                                    architecture.textChannels(),
                                    architecture.pooledChannels(),
                                    TextEncoder.WIDTH,
                                    ImageModel.BUILT_IN));
        }
        return new ModelText() {
            @Override
            public int length() {
                return ImageModel.BUILT_IN_TEXT_LENGTH;
            }

            @Override
            public boolean isBuiltIn() {
                return true;
            }

            @Override
            public PromptEncoder open(int length) {
                return new TextEncoder(length);
            }
        };
    }
}
