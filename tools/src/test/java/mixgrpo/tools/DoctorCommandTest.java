package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class DoctorCommandTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int doctor(String... arguments) {
        return Main.commandLine("doctor", new DoctorCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    @Test
    void aMachineThatRunsTheTestsIsSound() throws IOException {
        assertEquals(0, doctor("--json", "--engine", "ort-cpu"), () -> out.toString() + err);
        JsonNode found = new ObjectMapper().readTree(out.toString());
        assertTrue(found.path("sound").asBoolean());
        for (String subject : new String[] {"Java", "memory", "text encoder", "libtorch", "engine ort-cpu", "cache"}) {
            assertTrue(found.findValuesAsText("subject").contains(subject), out.toString());
        }
    }

    @Test
    void anEngineThatCannotRunIsCodeFourAndSaysWhatIsMissing() {
        assertEquals(4, doctor("--engine", "ort-cuda"), () -> out.toString() + err);
        assertTrue(err.toString().startsWith("tools/doctor: --engine: ort-cuda cannot run here:"), err.toString());
        assertTrue(err.toString().contains("MIXGRPO_PROFILE=ort-cuda"), err.toString());
        assertTrue(out.toString().contains("engine tensorrt"), out.toString());
        assertEquals(2, doctor("--engine", "cuda"));
    }
}
