package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Calls of {@code tools/sample} in this process. */
final class SampleCall {

    private final Path folder;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** @param folder for the pictures of all calls */
    SampleCall(Path folder) {
        this.folder = folder;
    }

    /** What it prints, once it has succeeded. */
    String printed(List<String> arguments) {
        int code = Main.commandLine("sample", new SampleCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments.toArray(String[]::new));
        assertEquals(0, code, err::toString);
        return out.toString();
    }

    /** What it says to a call that it refuses as the user's mistake. */
    String refusal(List<String> arguments) {
        StringWriter message = new StringWriter();
        int code = Main.commandLine("sample", new SampleCommand())
                .setOut(new PrintWriter(new StringWriter()))
                .setErr(new PrintWriter(message))
                .execute(arguments.toArray(String[]::new));
        assertEquals(2, code, message::toString);
        return message.toString();
    }

    /** The one picture that it draws, by torch's noise, into a new folder of this name. */
    Path picture(String name, List<String> arguments) throws IOException {
        List<String> all = new ArrayList<>(arguments);
        Path to = folder.resolve(name);
        all.addAll(List.of("--out", to.toString(), "--count", "1", "--rng", "torch-cpu"));
        printed(all);
        JsonNode list = new ObjectMapper().readTree(to.resolve("samples.json").toFile());
        return to.resolve(list.get(list.size() - 1).path("file").asText());
    }
}
