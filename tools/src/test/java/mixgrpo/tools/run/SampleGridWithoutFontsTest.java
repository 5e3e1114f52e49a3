package mixgrpo.tools.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mixgrpo.runtime.image.Image;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fonts are looked for once in a process, so this needs one of its own. */
class SampleGridWithoutFontsTest {

    @TempDir
    private Path folder;

    @Test
    void aMachineWithoutFontsGetsThePictures() throws Exception {
        Path fonts =
                Files.writeString(folder.resolve("fonts.conf"), "<?xml version=\"1.0\"?><fontconfig></fontconfig>");
        Path grid = folder.resolve("grid.png");
        ProcessBuilder java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.awt.headless=true",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Drawing.class.getName(),
                        grid.toString())
                .redirectErrorStream(true);
        java.environment().put("FONTCONFIG_FILE", fonts.toString());
        Process process = java.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        assertTrue(Image.read(grid).width() > 2 * 128, said);
    }

    /** Draws a grid of one pair. */
    static final class Drawing {
        public static void main(String[] arguments) throws Exception {
            Image black = new Image(64, 64, new float[3 * 64 * 64]);
            SampleGrid.of(List.of(new SampleGrid.Pair("a red circle", black, black)), 1)
                    .writePng(Path.of(arguments[0]));
        }
    }
}
