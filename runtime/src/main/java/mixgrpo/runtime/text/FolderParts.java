package mixgrpo.runtime.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.weights.ModelFolder;

/** The text encoders and tokenizers of a folder: whether they are of a kind that is supported, and their configurations. */
final class FolderParts {

    private static final int CLIP_TOKENS = 77;

    private final ModelFolder folder;
    private final Set<String> names = new LinkedHashSet<>();
    private final Set<String> unknownFields = new LinkedHashSet<>();

    FolderParts(ModelFolder folder) {
        this.folder = folder;
    }

    ModelFolder folder() {
        return folder;
    }

    /** The parts that were asked for. */
    List<String> names() {
        return List.copyOf(names);
    }

    /** Fields of their configurations that are not known, as {@code path: field, field}. */
    List<String> unknownFields() {
        return List.copyOf(unknownFields);
    }

    /**
     * The configuration of a CLIP text encoder.
     *
     * @param vocabulary the part that is its tokenizer
     * @throws IOException if one of the two is missing or broken
     * @throws IllegalArgumentException if one is of a kind that is not supported, or they do not fit each other
     */
    ClipConfig clip(String part, String vocabulary) throws IOException {
        expect(part, "CLIPTextModel", "CLIPTextModelWithProjection");
        expect(vocabulary, FolderTokenizers.CLIP, FolderTokenizers.FAST_CLIP);
        ClipConfig config = config(part, ClipConfig::of, ClipConfig::unknownFields);
        if (clipLength(vocabulary) > config.maxPositionEmbeddings()) {
            throw new IllegalArgumentException(
                    "%s: model_max_length in tokenizer_config.json: expected at most max_position_embeddings %d of %s, got %d"
                            .formatted(
                                    folder.part(vocabulary),
                                    config.maxPositionEmbeddings(),
                                    part,
                                    clipLength(vocabulary)));
        }
        return config;
    }

    /** The configuration of a T5 encoder; see {@link #clip}. */
    T5Config t5(String part, String vocabulary) throws IOException {
        expect(part, "T5EncoderModel");
        expect(vocabulary, FolderTokenizers.T5, FolderTokenizers.FAST_T5);
        return config(part, T5Config::of, T5Config::unknownFields);
    }

    /** Tokens of a sequence of CLIP's tokenizer, marks included. */
    int clipLength(String vocabulary) throws IOException {
        return TokenizerFiles.open(folder.part(vocabulary)).length(CLIP_TOKENS);
    }

    private void expect(String part, String... classes) throws IOException {
        folder.part(part);
        String found = folder.parts().get(part).name();
        if (!List.of(classes).contains(found)) {
            throw new IllegalArgumentException("%s: part '%s' in model_index.json: expected %s, got %s"
                    .formatted(folder.path(), part, String.join(" or ", classes), found));
        }
        names.add(part);
    }

    private <T> T config(String part, Function<JsonNode, T> reader, Function<JsonNode, List<String>> unknown)
            throws IOException {
        JsonNode json = folder.json(part, "config.json");
        List<String> fields = unknown.apply(json);
        if (!fields.isEmpty()) {
            unknownFields.add("%s: %s".formatted(folder.part(part), String.join(", ", fields)));
        }
        try {
            return reader.apply(json);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("%s: %s".formatted(folder.part(part), e.getMessage()), e);
        }
    }
}
