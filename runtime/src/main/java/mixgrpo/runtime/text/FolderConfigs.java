package mixgrpo.runtime.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.weights.ModelFolder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Configurations of a folder's text encoders. Fields that are not known are told in a warning. */
final class FolderConfigs {

    private static final Logger log = LoggerFactory.getLogger(FolderConfigs.class);

    private FolderConfigs() {}

    static ClipConfig clip(ModelFolder folder, String part) throws IOException {
        return read(folder, part, ClipConfig::of, ClipConfig::unknownFields);
    }

    static T5Config t5(ModelFolder folder, String part) throws IOException {
        return read(folder, part, T5Config::of, T5Config::unknownFields);
    }

    private static <T> T read(
            ModelFolder folder, String part, Function<JsonNode, T> reader, Function<JsonNode, List<String>> unknown)
            throws IOException {
        JsonNode json = folder.json(part, "config.json");
        T config;
        try {
            config = reader.apply(json);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("%s: %s".formatted(folder.part(part), e.getMessage()), e);
        }
        List<String> fields = unknown.apply(json);
        if (!fields.isEmpty()) {
            log.warn(
                    "{}: config.json has fields that are not known here and change nothing: {}",
                    folder.part(part),
                    String.join(", ", fields));
        }
        return config;
    }
}
