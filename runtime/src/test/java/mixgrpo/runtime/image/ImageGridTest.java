package mixgrpo.runtime.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mixgrpo.runtime.image.ImageGrid.Cell;
import mixgrpo.runtime.image.ImageGrid.Frame;
import org.junit.jupiter.api.Test;

class ImageGridTest {
    private static final Image BLUE = filled(.0f, .0f, 1f);
    private static final float[] WHITE = {1, 1, 1};

    @Test
    void cellsStandInRowsInsideTheirFrames() {
        Image grid = new ImageGrid(2, 3)
                .draw(List.of(
                        new Cell(BLUE, "", Frame.GOOD), new Cell(BLUE, "", Frame.BAD), new Cell(BLUE, "", Frame.NONE)));
        assertEquals(5 + 2 * (24 + 6 + 5), grid.width());
        assertEquals(5 + 2 * (24 + 6 + 5), grid.height());
        assertArrayEquals(new float[] {0, 0, 1}, pixel(grid, 8, 8));
        assertArrayEquals(new float[] {0, 0, 1}, pixel(grid, 8 + 23, 8 + 23));
        assertArrayEquals(WHITE, pixel(grid, 4, 8));
        assertTrue(pixel(grid, 7, 8)[1] > .5 && pixel(grid, 7, 8)[0] < .3, "green");
        assertTrue(pixel(grid, 35 + 7, 8)[0] > .7 && pixel(grid, 35 + 7, 8)[1] < .3, "red");
        assertArrayEquals(WHITE, pixel(grid, 7, 35 + 8));
        assertArrayEquals(WHITE, pixel(grid, 50, 50));
    }

    @Test
    void captionsAreWrittenBelow() {
        Image without = new ImageGrid(1, 8).draw(List.of(new Cell(BLUE, "", Frame.NONE)));
        Image with = new ImageGrid(1, 8).draw(List.of(new Cell(BLUE, "a red star above", Frame.NONE)));
        assertEquals(without.height() + 2 * PixelFont.LINE, with.height());
        float[] caption = Arrays.copyOfRange(with.rgb(), 3 * with.width() * (without.height() - 5), with.rgb().length);
        int ink = 0;
        for (int i = 0; i < caption.length; i += 3) {
            ink += caption[i] < .5 ? 1 : 0;
        }
        assertTrue(ink > 100 && ink < caption.length / 6, "ink " + ink);
    }

    @Test
    void captionsBreakBetweenWords() {
        assertEquals(List.of("a red", "star", "above"), PixelFont.wrap(" a red star above ", 36));
        assertEquals(List.of("abcdef", "gh"), PixelFont.wrap("abcdefgh", 36));
        assertEquals(List.of(), PixelFont.wrap("", 36));
    }

    @Test
    void everyLetterHasItsOwnGlyph() {
        String letters = "abcdefghijklmnopqrstuvwxyz0123456789,.:'()+-=%/_?";
        List<List<Float>> glyphs = letters.chars()
                .mapToObj(letter -> {
                    float[] rgb = new ImageGrid(1, 1)
                            .draw(List.of(new Cell(BLUE, Character.toString(letter), Frame.NONE)))
                            .rgb();
                    List<Float> values = new ArrayList<>();
                    for (float value : rgb) {
                        values.add(value);
                    }
                    return values;
                })
                .toList();
        assertEquals(letters.length(), glyphs.stream().distinct().count());
    }

    @Test
    void picturesOfOneSizeAreExpected() {
        assertThrows(IllegalArgumentException.class, () -> new ImageGrid(0, 1));
        assertThrows(IllegalArgumentException.class, () -> new ImageGrid(1, 1).draw(List.of()));
        List<Cell> cells =
                List.of(new Cell(BLUE, "", Frame.NONE), new Cell(new Image(4, 8, new float[96]), "", Frame.NONE));
        String message = assertThrows(IllegalArgumentException.class, () -> new ImageGrid(2, 1).draw(cells))
                .getMessage();
        assertEquals("grid: cell 1 is 4 x 8 pixels, the first is 8 x 8", message);
    }

    private static Image filled(float... colour) {
        float[] rgb = new float[3 * 8 * 8];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = colour[i % 3];
        }
        return new Image(8, 8, rgb);
    }

    private static float[] pixel(Image image, int x, int y) {
        int at = 3 * (y * image.width() + x);
        return Arrays.copyOfRange(image.rgb(), at, at + 3);
    }
}
