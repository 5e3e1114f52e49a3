package mixgrpo.tools.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.weights.AtomicFile;

/**
 * {@code summary.json}: the outcome of a run.
 *
 * @param seconds from the start of the process to the report. Over several sittings it is their sum; one that was killed counts up to the
 *     last iteration that it wrote down, repeated iterations each time, and the time between sittings does not count
 * @param peakMemoryBytes largest resident memory of the process
 * @param heldOut by the reward's name
 */
public record Summary(double seconds, int iterations, long seed, long peakMemoryBytes, Map<String, HeldOut> heldOut) {

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    public Summary {
        heldOut = Collections.unmodifiableMap(new LinkedHashMap<>(heldOut));
    }

    /**
     * @throws IOException if the file cannot be read or is no summary
     */
    public static Summary read(Path file) throws IOException {
        String text = Files.readString(file);
        try {
            return JSON.readValue(text, Summary.class);
        } catch (JsonProcessingException e) {
            throw new IOException("%s: not a summary: %s".formatted(file, e.getOriginalMessage()), e);
        }
    }

    /** Writes it as a whole or not at all. */
    public void write(Path file) throws IOException {
        AtomicFile.write(file, (JSON.writeValueAsString(this) + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
