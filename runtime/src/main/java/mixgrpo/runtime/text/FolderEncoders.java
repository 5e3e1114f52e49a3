package mixgrpo.runtime.text;

import java.io.IOException;
import java.nio.file.Path;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.runtime.engine.EngineLoader;

/** The text encoders of a model folder, FLUX's or SD3's. */
public final class FolderEncoders {

    private static final int MOST_TOKENS = 512;

    private FolderEncoders() {}

    /** Whether the folder has text encoders of its own. */
    public static boolean in(ModelFolder folder) {
        return folder.parts().containsKey("text_encoder");
    }

    /** T5's tokens that diffusers' pipeline takes if it is told nothing. */
    public static int defaultLength(ModelFolder folder) {
        return folder.pipeline().startsWith("Flux") ? 512 : 256;
    }

    /**
     * Token positions of an embedding; reads configurations only.
     *
     * @param length T5's tokens, see {@link #open}
     * @throws IOException if a configuration is missing or broken
     * @throws IllegalArgumentException if there is none of such length, or encoders do not fit each other
     */
    public static int positions(ModelFolder folder, int length) throws IOException {
        return side(folder, length).sizes().length();
    }

    /**
     * Loads them. The caller closes what is returned.
     *
     * @param length T5's tokens, the pipeline's {@code max_sequence_length}; an embedding's positions are as many with FLUX, and CLIP's
     *     before them with SD3
     * @param engines what runs the encoders
     * @throws IOException if parts are missing or broken, or the folder is for another pipeline
     * @throws IllegalArgumentException if they are of a kind that is not supported, or do not fit each other
     */
    public static PromptEncoder open(ModelFolder folder, int length, EngineLoader engines) throws IOException {
        return side(folder, length).open(engines);
    }

    /**
     * The same with embeddings kept in files: a prompt is encoded once for these encoders. Encoders are loaded when a prompt has no
     * file yet, and closed before {@link PromptEncoder#encode} returns. Reads every file of the encoders once, here, to know them.
     *
     * @param cache a folder for all models; made if it is not there
     */
    public static PromptEncoder cached(ModelFolder folder, int length, EngineLoader engines, Path cache)
            throws IOException {
        TextSide side = side(folder, length);
        return new CachedEncoder(side, engines, EmbeddingFiles.of(folder, side, cache));
    }

    private static TextSide side(ModelFolder folder, int length) throws IOException {
        if (length < 2 || length > MOST_TOKENS) {
            throw new IllegalArgumentException(
                    "text length: expected 2..%d tokens for T5, got %d".formatted(MOST_TOKENS, length));
        }
        String pipeline = folder.pipeline();
        if (pipeline.startsWith("Flux")) {
            return new FluxText(folder, length);
        }
        if (pipeline.startsWith("StableDiffusion3")) {
            return new Sd3Text(folder, length);
        }
        throw new IOException(
                "%s: _class_name in model_index.json: expected FluxPipeline or StableDiffusion3Pipeline, whose text encoders are supported, got %s"
                        .formatted(folder.path(), pipeline));
    }
}
