package mixgrpo.runtime.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Tokenizers from {@code tokenizer.json} as HuggingFace's library reads it, a file's or one that was made in memory. */
final class TokenizerJson {

    private TokenizerJson() {}

    /** One that neither cuts nor pads, whatever the file says. Fetches nothing. The caller closes it. */
    static HuggingFaceTokenizer load(InputStream json) throws IOException {
        if (System.getProperty("ai.djl.offline") == null) {
            System.setProperty("ai.djl.offline", "true"); // the library reports its start over the network
        }
        return HuggingFaceTokenizer.newInstance(json, Map.of("padding", "false", "truncation", "false"));
    }

    /**
     * @param where the model came from, for messages
     * @throws IOException if the library does not accept it
     */
    static HuggingFaceTokenizer load(JsonNode json, String where) throws IOException {
        try (InputStream bytes = new ByteArrayInputStream(json.toString().getBytes(StandardCharsets.UTF_8))) {
            return load(bytes);
        } catch (RuntimeException e) {
            throw new IOException("%s: not a tokenizer that can be used: %s".formatted(where, e.getMessage()), e);
        }
    }

    /** A new file without any part. */
    static ObjectNode empty() {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("version", "1.0");
        json.putNull("truncation");
        json.putNull("padding");
        json.putArray("added_tokens");
        for (String part : new String[] {"normalizer", "pre_tokenizer", "post_processor", "decoder", "model"}) {
            json.putNull(part);
        }
        return json;
    }

    /** A token that is found in a prompt as it is written, before anything else is done. */
    static void addToken(ObjectNode json, int id, String content) {
        ((ArrayNode) json.get("added_tokens"))
                .addObject()
                .put("id", id)
                .put("content", content)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", true);
    }
}
