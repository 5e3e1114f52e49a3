package mixgrpo.runtime.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/** A tokenizer that does what its {@code tokenizer.json} says: transformers' fast ones. */
record FileTokenizer(HuggingFaceTokenizer tokenizer, int pad) implements Tokenizer {

    /**
     * @param json a file's or one made in memory
     * @param pad the token that fills up
     * @param where it came from, for messages
     * @throws IOException if it is broken or does not know {@code pad}
     */
    static FileTokenizer of(JsonNode json, String pad, String where) throws IOException {
        for (JsonNode token : json.path("added_tokens")) {
            if (token.path("content").asText().equals(pad)) {
                return new FileTokenizer(
                        TokenizerJson.load(json, where), token.path("id").asInt());
            }
        }
        throw new IOException("%s: expected '%s', the pad_token, among its added_tokens".formatted(where, pad));
    }

    @Override
    public Tokens tokenize(String prompt) {
        return Tokens.of(prompt, tokenizer.encode(prompt));
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
