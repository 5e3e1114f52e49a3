package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Ending a process needs one to end. */
class InterruptTest {

    @Test
    void aProcessThatIsToldToEndSavesFirst() throws Exception {
        Process process = start("30");
        try (BufferedReader out = process.inputReader()) {
            assertEquals("running", out.readLine());
            process.toHandle().destroy();
            assertEquals("", out.readLine());
            assertEquals("stopping: the iteration at hand is ended and saved", out.readLine());
            assertEquals("saved", out.readLine());
        }
        assertEquals(128 + 15, process.waitFor());
    }

    @Test
    void patienceHasAnEnd() throws Exception {
        Process process = start("0");
        try (BufferedReader out = process.inputReader()) {
            assertEquals("running", out.readLine());
            process.toHandle().destroy();
            assertTrue(out.lines().toList().contains("not saved within 0 seconds"));
        }
        assertEquals(128 + 15, process.waitFor());
    }

    private static Process start(String patience) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Loop.class.getName(),
                        patience)
                .redirectErrorStream(true)
                .start();
    }

    /** Works until it is told to end, saves for a while if it has the time. */
    static final class Loop {
        public static void main(String[] arguments) throws InterruptedException {
            PrintWriter out = new PrintWriter(System.out, true);
            int patience = Integer.parseInt(arguments[0]);
            try (Interrupt interrupt = Interrupt.listen(new Console(out, out, 0), patience)) {
                out.println("running");
                while (!interrupt.requested()) {
                    Thread.sleep(5);
                }
                Thread.sleep(patience == 0 ? 60_000 : 100);
                out.println("saved");
            }
        }
    }
}
