package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressTest {

    private final StringWriter out = new StringWriter();
    private long now;

    private Progress progress(int columns, int first) {
        Console console = new Console(new PrintWriter(out), new PrintWriter(out), columns);
        return new Progress(console, "iteration", first, 100, () -> now);
    }

    @Test
    void plainLinesComeNowAndThenAndAtTheEnd() {
        Progress progress = progress(0, 0);
        for (int done = 1; done <= 100; done++) {
            now += 3_000_000_000L;
            progress.update(done, "reward .5");
        }
        progress.end();
        String[] lines = out.toString().split("\n");
        assertEquals("iteration 1/100  reward .5  ETA 4:57", lines[0]);
        assertEquals("iteration 5/100  reward .5  ETA 4:45", lines[1]);
        assertEquals("iteration 100/100  reward .5", lines[lines.length - 1]);
        assertEquals(26, lines.length);
    }

    @Test
    void theEstimateOfAResumedRunCountsItsOwnStepsOnly() {
        Progress progress = progress(0, 90);
        now += 2_000_000_000L;
        progress.update(91, "");
        assertTrue(out.toString().endsWith("ETA 0:18\n"), out.toString());
    }

    @Test
    void aLiveLineIsWrittenOverAndNeverWiderThanTheTerminal() {
        Progress progress = progress(40, 0);
        now += 1_000_000_000L;
        progress.update(50, "a long remark that fills the line");
        progress.update(51, "");
        progress.say("saved");
        progress.end();
        String shown = out.toString();
        assertTrue(shown.startsWith("\r"), shown);
        for (String part : shown.split("[\r\n]")) {
            assertTrue(part.length() <= 39, part);
        }
        assertTrue(shown.contains("[==========          ] iteration 50/100"), shown);
        assertTrue(shown.contains("saved\n"), shown);
        assertTrue(shown.endsWith("\n"), shown);
    }

    @Test
    void clocksAreReadable() {
        assertEquals("0:07", Progress.clock(7));
        assertEquals("12:34", Progress.clock(754));
        assertEquals("2:03:04", Progress.clock(7384));
    }
}
