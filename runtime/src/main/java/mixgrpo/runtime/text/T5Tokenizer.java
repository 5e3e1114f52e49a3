package mixgrpo.runtime.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.weights.JsonFile;

/** T5's pieces, as transformers' T5TokenizerFast makes them: no start mark, {@code </s>} at the end. */
final class T5Tokenizer {

    private static final String PAD = "<pad>";
    private static final String END = "</s>";
    private static final int EXTRA_IDS = 100;

    private T5Tokenizer() {}

    /**
     * Opens the tokenizer of a folder: {@code tokenizer.json} with the settings that it has, or else {@code spiece.model} with those that
     * transformers gives it.
     *
     * @throws IOException if they are missing or broken; says what was found
     */
    static Tokenizer open(Path folder) throws IOException {
        TokenizerFiles files = TokenizerFiles.open(folder);
        Path file;
        JsonNode json;
        if (files.has("tokenizer.json")) {
            file = files.file("tokenizer.json");
            json = JsonFile.read(file);
        } else if (files.has("spiece.model")) {
            file = files.file("spiece.model");
            json = json(SentencePieceModel.read(file), files, file);
        } else {
            throw files.missing("tokenizer.json or spiece.model");
        }
        return FileTokenizer.of(json, files.token("pad_token", PAD), file.toString());
    }

    /** What transformers makes of a sentencepiece file (transformers/convert_slow_tokenizer.py:598-640, T5Converter). */
    private static JsonNode json(SentencePieceModel model, TokenizerFiles files, Path file) throws IOException {
        List<String> texts = new ArrayList<>();
        Map<String, Integer> added = new LinkedHashMap<>();
        int unknown = -1;
        for (SentencePieceModel.Piece piece : model.pieces()) {
            switch (piece.kind()) {
                case UNKNOWN -> {
                    unknown = texts.size();
                    added.put(piece.text(), texts.size());
                }
                case CONTROL, USER_DEFINED -> added.put(piece.text(), texts.size());
                default -> {}
            }
            texts.add(piece.text());
        }
        int end = texts.indexOf(files.token("eos_token", END));
        if (unknown < 0 || end < 0) {
            throw new IOException("%s: expected a piece for unknown text and '%s', got %s"
                    .formatted(file, files.token("eos_token", END), added.keySet()));
        }
        ObjectNode json = TokenizerJson.empty();
        ObjectNode unigram = json.putObject("model")
                .put("type", "Unigram")
                .put("unk_id", unknown)
                .put("byte_fallback", false);
        ArrayNode vocabulary = unigram.putArray("vocab");
        model.pieces().forEach(piece -> vocabulary.addArray().add(piece.text()).add((double) piece.score()));
        for (int i = files.config().path("extra_ids").asInt(EXTRA_IDS) - 1; i >= 0; i--) {
            String extra = "<extra_id_%d>".formatted(i);
            added.put(extra, vocabulary.size());
            vocabulary.addArray().add(extra).add(0.0);
        }
        added.putAll(files.added());
        added.forEach((token, id) -> TokenizerJson.addToken(json, id, token));
        json.set("normalizer", normaliser(model));
        json.putObject("pre_tokenizer")
                .put("type", "Metaspace")
                .put("replacement", "\u2581")
                .put("prepend_scheme", "always")
                .put("split", true);
        json.set("post_processor", endMark(texts.get(end), end));
        return json;
    }

    private static ObjectNode normaliser(SentencePieceModel model) {
        ObjectNode sequence = JsonNodeFactory.instance.objectNode().put("type", "Sequence");
        ArrayNode steps = sequence.putArray("normalizers");
        if (model.normaliser().length > 0) {
            steps.addObject()
                    .put("type", "Precompiled")
                    .put("precompiled_charsmap", Base64.getEncoder().encodeToString(model.normaliser()));
        }
        steps.addObject().put("type", "Strip").put("strip_left", false).put("strip_right", true);
        ObjectNode blanks = steps.addObject().put("type", "Replace").put("content", "\u2581");
        blanks.putObject("pattern").put("Regex", " {2,}");
        return sequence;
    }

    private static ObjectNode endMark(String token, int id) {
        ObjectNode template = JsonNodeFactory.instance.objectNode().put("type", "TemplateProcessing");
        ArrayNode single = template.putArray("single");
        single.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
        single.addObject().putObject("SpecialToken").put("id", token).put("type_id", 0);
        ArrayNode pair = template.putArray("pair");
        for (String sequence : List.of("A", "B")) {
            pair.addObject().putObject("Sequence").put("id", sequence).put("type_id", 0);
            pair.addObject().putObject("SpecialToken").put("id", token).put("type_id", 0);
        }
        ObjectNode special =
                template.putObject("special_tokens").putObject(token).put("id", token);
        special.putArray("ids").add(id);
        special.putArray("tokens").add(token);
        return template;
    }
}
