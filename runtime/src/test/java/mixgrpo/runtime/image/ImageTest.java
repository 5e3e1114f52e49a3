package mixgrpo.runtime.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageTest {
    @TempDir
    Path folder;

    @Test
    void pngKeepsEveryByteAndClipsTheRest() throws IOException {
        float[] rgb = {0, 1 / 255f, 1, .5f, -2, 7, 254 / 255f, .2f, .4f, 0, 0, 1, 1, 1, 1, .25f, .75f, .1f};
        Path file = folder.resolve("picture.png");
        Files.write(file, PngText.encode(new Image(3, 2, rgb), Map.of()));
        Image read = Image.read(file);
        assertEquals(3, read.width());
        assertEquals(2, read.height());
        float[] bytes = new float[rgb.length];
        for (int i = 0; i < rgb.length; i++) {
            bytes[i] = Math.round(Math.min(1, Math.max(0, rgb[i])) * 255) / 255f;
        }
        assertArrayEquals(bytes, read.rgb());
    }

    @Test
    void aFileThatIsNoPictureIsNamed() throws IOException {
        Path text = Files.writeString(folder.resolve("text.png"), "no picture");
        assertTrue(assertThrows(IOException.class, () -> Image.read(text))
                .getMessage()
                .startsWith(text + ": "));
        Path whole = folder.resolve("whole.png");
        Files.write(whole, PngText.encode(new Image(8, 8, new float[192]), Map.of()));
        byte[] bytes = Files.readAllBytes(whole);
        Path torn = Files.write(folder.resolve("torn.png"), Arrays.copyOf(bytes, bytes.length / 2));
        assertTrue(assertThrows(IOException.class, () -> Image.read(torn))
                .getMessage()
                .startsWith(torn + ": "));
    }

    @Test
    void planesAreChannelsOneBehindTheOtherFromMinusOneToOne() {
        float[] planes = new float[8];
        Image picture = new Image(2, 1, new float[] {0, .5f, 1, .25f, .75f, 1});
        picture.toPlanes(planes, 1);
        assertArrayEquals(new float[] {0, -1, -.5f, 0, .5f, 1, 1, 0}, planes);
        assertArrayEquals(picture.rgb(), Image.ofPlanes(2, 1, planes, 1).rgb());
        assertArrayEquals(
                new float[] {0, 1, 0},
                Image.ofPlanes(1, 1, new float[] {-3, 3, -1}, 0).rgb());
    }

    @Test
    void valuesMustMatchTheSize() {
        assertThrows(IllegalArgumentException.class, () -> new Image(2, 2, new float[11]));
    }
}
