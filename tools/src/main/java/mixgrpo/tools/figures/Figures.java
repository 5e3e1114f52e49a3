package mixgrpo.tools.figures;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.nio.charset.StandardCharsets;

/** What a measurement gives: a record of numbers and names. */
public interface Figures {

    /** As a JSON object, indented. */
    default byte[] json() {
        try {
            return (new ObjectMapper()
                                    .enable(SerializationFeature.INDENT_OUTPUT)
                                    .writeValueAsString(this)
                            + "\n")
                    .getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("figures do not become JSON: %s".formatted(e.getMessage()), e);
        }
    }
}
