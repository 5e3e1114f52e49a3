package mixgrpo.tools.model;

import java.io.IOException;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.ReadProgress;
import mixgrpo.runtime.text.FolderEncoders;
import mixgrpo.runtime.text.PromptEncoder;
import mixgrpo.runtime.text.TextEncoder;

/** What reads a model's prompts: the encoders of its own folder, or MiniLM, which comes with the program. */
public interface ModelText {

    /** Whether it is the encoder that comes with the program, so that the model is one of the scenes world. */
    boolean isBuiltIn();

    /** At how many tokens prompts are cut where nobody says it; of several encoders, the longest's (T5's). */
    int length();

    /** Token positions of an embedding with prompts of this length: SD3 puts those of CLIP before those of T5. */
    int positions(int length);

    /** Parameters of all encoders together. */
    long parameters() throws IOException;

    /**
     * Encoders that keep what they have read, those of a folder {@link CacheFolder on disk}: they are loaded for prompts that are new, and
     * closed when these are read. What was prepared is answered after closing, too.
     *
     * @param engine what runs them; MiniLM always runs on the CPU
     * @param length at how many tokens prompts are cut, with a warning that shows what is lost
     * @param progress told the bytes of the encoders' files that must be read to know which encoders these are
     * @throws IOException if their files are missing or broken
     * @throws IllegalArgumentException if they cannot have that length
     */
    PromptEncoder openCached(EngineKind engine, int length, ReadProgress progress) throws IOException;

    /** The encoders that a folder holds, or MiniLM if it has none. */
    static ModelText of(ModelFolder folder, Architecture architecture) throws IOException {
        return FolderEncoders.in(folder)
                ? new FolderText(folder, architecture)
                : builtIn(architecture, folder.path().toString());
    }

    /**
     * MiniLM: for the built-in model and those made from it.
     *
     * @throws IllegalArgumentException if the network takes text of other encoders
     */
    static ModelText builtIn(Architecture architecture, String source) {
        int expected = TextEncoder.WIDTH;
        if (architecture.textChannels() != expected || architecture.pooledChannels() != expected) {
            throw new IllegalArgumentException(
                    "%s: its transformer takes text of %d and %d channels, and there is no text encoder beside it; expected the folders text_encoder, text_encoder_2, tokenizer and tokenizer_2 in its model_index.json, or a transformer of MiniLM's %d channels, such as '%s'"
                            .formatted(
                                    source,
                                    architecture.textChannels(),
                                    architecture.pooledChannels(),
                                    expected,
                                    ImageModel.BUILT_IN));
        }
        return new MiniLmText();
    }
}
