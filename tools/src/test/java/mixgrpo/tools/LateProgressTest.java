package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import mixgrpo.models.weights.ReadProgress;
import org.junit.jupiter.api.Test;

class LateProgressTest {

    private static final long SECOND = 1_000_000_000L;

    private final StringWriter out = new StringWriter();
    private long now;
    private final LateProgress progress =
            new LateProgress(new Console(new PrintWriter(out), new PrintWriter(out), 0), () -> now);

    private void read(ReadProgress told, int pieces, long nanosEach) {
        for (int piece = 1; piece <= pieces; piece++) {
            now += nanosEach;
            told.update(piece * 10_000_000_000L, pieces * 10_000_000_000L);
        }
    }

    @Test
    void whatIsOverInAMomentIsNotShown() {
        read(progress.of("the weights checked"), 10, SECOND / 10);
        for (int prompt = 1; prompt <= 20; prompt++) {
            now += SECOND / 10;
            progress.prompts(prompt, 20);
        }
        progress.end();
        assertEquals("", out.toString());
    }

    @Test
    void everyReadingThatTakesItsTimeHasLinesOfItsOwn() {
        ReadProgress checked = progress.of("the weights checked");
        read(checked, 10, SECOND);
        read(checked, 1, SECOND); // another file, in a moment
        read(checked, 20, SECOND);
        progress.end();
        assertEquals(
                List.of(
                        "percent of the weights checked 40/100  ",
                        "percent of the weights checked 100/100  ",
                        "percent of the weights checked 20/100  ",
                        "percent of the weights checked 70/100    ETA 0:06",
                        "percent of the weights checked 100/100  "),
                out.toString().lines().toList());
    }
}
