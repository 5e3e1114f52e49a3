package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import mixgrpo.tools.train.MicroModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportEngineCommandTest {

    private final StringWriter out = new StringWriter();

    @TempDir
    private Path folder;

    private int engine(Path model, Object... more) {
        out.getBuffer().setLength(0);
        String[] arguments = Stream.concat(
                        Stream.of("engine", "--model", model, "--cache", folder.resolve("cache"), "--side", 16),
                        Arrays.stream(more))
                .map(Object::toString)
                .toArray(String[]::new);
        return Main.commandLine("export", new ExportCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(new StringWriter()))
                .execute(arguments);
    }

    private long lines(String words) {
        return out.toString().lines().filter(line -> line.contains(words)).count();
    }

    @Test
    void whatWasVerifiedIsNotVerifiedAgainAndWhatChangedIsNamed() throws IOException {
        Path model = MicroModel.write(folder.resolve("model"), 1).folder();
        assertEquals(0, engine(model, "--dry-run"), out::toString);
        assertEquals(3, lines("not in the cache"), out::toString);
        assertEquals(0, engine(model, "--no-verify"), out::toString);
        assertEquals(3, lines("built, not verified"), out::toString);
        Path json = folder.resolve("built.json");
        assertEquals(0, engine(model, "--out", json), out::toString);
        assertEquals(3, lines("built and verified"), out::toString);
        JsonNode report = new ObjectMapper().readTree(json.toFile());
        JsonNode key = report.path("components").path(0).path("key");
        for (String part : List.of("graph", "weights", "precision", "shapes", "engine", "version", "device")) {
            assertTrue(!key.path(part).asText().isEmpty(), part);
        }
        try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
            assertEquals(
                    3,
                    files.filter(file -> file.getFileName().toString().equals("report.json"))
                            .count());
        }
        assertEquals(0, engine(model), out::toString);
        assertEquals(3, lines("in the cache: verified before"), out::toString);
        Path other = MicroModel.write(folder.resolve("other"), 2).folder();
        assertEquals(0, engine(other, "--component", "transformer", "--dry-run"), out::toString);
        assertEquals(1, lines("not in the cache"), out::toString);
        assertEquals(1, lines("weights is '"), out::toString);
        assertEquals(0, engine(model, "--precision", "int8", "--component", "vae-decoder", "--dry-run"));
        assertEquals(1, lines("precision is 'fp32', wanted 'int8'"), out::toString);
    }
}
