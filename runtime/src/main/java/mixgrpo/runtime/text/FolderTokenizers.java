package mixgrpo.runtime.text;

import java.io.IOException;
import java.nio.file.Path;
import mixgrpo.models.weights.ModelFolder;

/** The tokenizers of a model folder, by the classes that its index names. */
public final class FolderTokenizers {
    static final String CLIP = "CLIPTokenizer";
    static final String FAST_CLIP = "CLIPTokenizerFast";
    static final String T5 = "T5Tokenizer";
    static final String FAST_T5 = "T5TokenizerFast";

    private FolderTokenizers() {}

    /**
     * Reads a tokenizer's files, and keeps nothing.
     *
     * @param part of the folder
     * @throws IOException if one is missing or broken
     * @throws IllegalArgumentException if it is of a class that is not supported
     */
    public static void check(ModelFolder folder, String part) throws IOException {
        open(folder, part).close();
    }

    /** The caller closes it. See {@link #check}. */
    static Tokenizer open(ModelFolder folder, String part) throws IOException {
        Path path = folder.part(part);
        String name = folder.parts().get(part).name();
        return switch (name) {
            case CLIP -> ClipTokenizer.open(path);
            case FAST_CLIP -> ClipTokenizer.openFast(path);
            case T5, FAST_T5 -> T5Tokenizer.open(path);
            default ->
                throw new IllegalArgumentException("%s: tokenizer: expected %s, %s, %s or %s, got %s"
                        .formatted(path, CLIP, FAST_CLIP, T5, FAST_T5, name));
        };
    }
}
