package mixgrpo.runtime.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PngTextTest {

    private static final Image IMAGE = new Image(2, 1, new float[] {1, 0, 0, 0, 0, 1});

    @TempDir
    private Path folder;

    @Test
    void textsComeBackAndPixelsStayAsTheyAre() throws IOException {
        Map<String, String> texts = Map.of("parameters", "a café\nSteps: 10, Seed: 1", "mixgrpo", "{\"seed\": 1}");
        Path file = Files.write(folder.resolve("a.png"), PngText.encode(IMAGE, texts));
        assertEquals(texts, PngText.read(file));
        assertArrayEquals(IMAGE.rgb(), Image.read(file).rgb());
    }

    @Test
    void latinTextIsAPlainChunkAndOtherTextAnInternationalOne() throws IOException {
        String latin = new String(PngText.encode(IMAGE, Map.of("parameters", "é")), StandardCharsets.ISO_8859_1);
        assertTrue(latin.contains("tEXtparameters\0é"), latin);
        Path file = Files.write(folder.resolve("b.png"), PngText.encode(IMAGE, Map.of("parameters", "赤い円")));
        String bytes = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        assertTrue(bytes.contains("iTXtparameters\0\0\0\0\0赤い円"), bytes);
        assertEquals(Map.of("parameters", "赤い円"), PngText.read(file));
    }

    @Test
    void whatIsNoPngIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("c.png"), "no picture");
        String message =
                assertThrows(IOException.class, () -> PngText.read(file)).getMessage();
        assertTrue(message.startsWith(file + ": no PNG"), message);
    }
}
