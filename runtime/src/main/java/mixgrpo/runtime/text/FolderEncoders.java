package mixgrpo.runtime.text;

import java.io.IOException;
import java.nio.file.Path;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.PipelineFamily;
import mixgrpo.models.weights.ReadProgress;
import mixgrpo.runtime.engine.EngineLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The text encoders of a model folder, FLUX's or SD3's. */
public final class FolderEncoders {

    private static final Logger log = LoggerFactory.getLogger(FolderEncoders.class);
    private static final int MOST_TOKENS = 512;

    private FolderEncoders() {}

    /** Whether the folder has text encoders of its own. */
    public static boolean in(ModelFolder folder) {
        return folder.parts().containsKey("text_encoder");
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
     * @param length T5's tokens, the pipeline's {@code max_sequence_length}; an embedding's positions are as many with FLUX; with SD3
     *     CLIP's come before, and without T5 zeros follow, as many as CLIP's
     * @param engines what runs the encoders
     * @throws IOException if parts are missing or broken, or the folder is for another pipeline
     * @throws IllegalArgumentException if they are of a kind that is not supported, or do not fit each other
     */
    public static PromptEncoder open(ModelFolder folder, int length, EngineLoader engines) throws IOException {
        TextSide side = side(folder, length);
        warnOfUnknownFields(side);
        return side.open(engines);
    }

    /**
     * The same with embeddings kept in files: a prompt is encoded once for these encoders. Encoders are loaded when a prompt has no
     * file yet, and closed before {@link PromptEncoder#encode} returns. To know the encoders it reads every file of theirs once, here;
     * a later call knows them by the files' times.
     *
     * @param cache a folder for all models; made if it is not there
     * @param progress told the bytes of these files that are read; not told where they are known
     */
    public static CachedEncoder cached(
            ModelFolder folder, int length, EngineLoader engines, Path cache, ReadProgress progress)
            throws IOException {
        TextSide side = side(folder, length);
        warnOfUnknownFields(side);
        return new CachedEncoder(side, engines, EmbeddingFiles.of(side, cache, progress));
    }

    private static void warnOfUnknownFields(TextSide side) {
        if (!side.parts().unknownFields().isEmpty()) {
            log.warn(
                    "fields of config.json that are not known here and change nothing: {}",
                    String.join("; ", side.parts().unknownFields()));
        }
    }

    private static TextSide side(ModelFolder folder, int length) throws IOException {
        if (length < 2 || length > MOST_TOKENS) {
            throw new IllegalArgumentException(
                    "text length: expected 2..%d tokens for T5, got %d".formatted(MOST_TOKENS, length));
        }
        return switch (PipelineFamily.of(folder)) {
            case FLUX -> new FluxText(folder, length);
            case SD3 -> new Sd3Text(folder, length);
        };
    }
}
