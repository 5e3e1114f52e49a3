package mixgrpo.models.weights;

import static mixgrpo.models.weights.Problems.printable;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The JSON files of a model folder: objects of a bounded size, no key twice. */
public final class JsonFile {

    private static final long MAX_BYTES = 64 << 20;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final ObjectWriter INDENTED = JSON.writer(new DefaultPrettyPrinter()
            .withSeparators(DefaultPrettyPrinter.DEFAULT_SEPARATORS
                    .withObjectFieldValueSpacing(com.fasterxml.jackson.core.util.Separators.Spacing.AFTER)
                    .withArrayEmptySeparator("")
                    .withObjectEmptySeparator(""))
            .withObjectIndenter(new DefaultIndenter("  ", "\n"))
            .withArrayIndenter(new DefaultIndenter("  ", "\n")));

    private JsonFile() {}

    /**
     * The object in {@code file}.
     *
     * @throws IOException if it cannot be read, is too large, or is no JSON object
     */
    public static JsonNode read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("%s: no such file".formatted(file));
        }
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException(
                    "%s: %d bytes, expected at most %d of JSON".formatted(file, Files.size(file), MAX_BYTES));
        }
        return parse(Files.readAllBytes(file), file.toString());
    }

    /**
     * The object in {@code text}.
     *
     * @param source where it stands, for messages
     */
    public static JsonNode parse(String text, String source) throws IOException {
        return parse(text.getBytes(StandardCharsets.UTF_8), source);
    }

    private static JsonNode parse(byte[] text, String source) throws IOException {
        try {
            JsonNode node = JSON.readTree(text);
            if (!node.isObject()) {
                throw new IOException("%s: expected a JSON object".formatted(source));
            }
            return node;
        } catch (JsonProcessingException e) {
            String where = e.getLocation() == null
                    ? ""
                    : " (line %d, column %d)"
                            .formatted(
                                    e.getLocation().getLineNr(), e.getLocation().getColumnNr());
            throw new IOException(
                    "%s: not valid JSON: %s%s".formatted(source, printable(e.getOriginalMessage()), where), e);
        } catch (CharConversionException e) {
            throw notText(source, e);
        }
    }

    /** Of bytes that are text in no encoding. */
    static IOException notText(String source, CharConversionException e) {
        return new IOException("%s: not valid JSON: %s".formatted(source, printable(e.getMessage())), e);
    }

    /** Writes {@code node} as Python's {@code json.dumps(indent=2)} would, atomically. */
    static void write(Path file, JsonNode node) throws IOException {
        byte[] text = (INDENTED.writeValueAsString(node) + "\n").getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, channel -> AtomicFile.writeFully(channel, ByteBuffer.wrap(text)));
    }
}
