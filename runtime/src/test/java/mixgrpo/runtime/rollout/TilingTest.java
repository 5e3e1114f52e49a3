package mixgrpo.runtime.rollout;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import mixgrpo.models.vae.VaeConfig;
import org.junit.jupiter.api.Test;

class TilingTest {

    private static final int[][] SIZES = {{8, 8}, {9, 8}, {8, 13}, {17, 30}, {31, 9}, {3, 40}, {24, 24}};

    private static Planes random(int images, int channels, int height, int width) {
        Random random = new Random(7);
        Planes planes = Planes.zeros(images, channels, height, width);
        for (int i = 0; i < planes.values().length; i++) {
            planes.values()[i] = random.nextFloat() - .5f;
        }
        return planes;
    }

    /** Every place becomes {@code scale} x {@code scale} places of the same value. */
    private static Planes enlarged(Planes in, int scale) {
        Planes out = Planes.zeros(in.images(), in.channels(), in.height() * scale, in.width() * scale);
        for (int i = 0; i < out.values().length; i++) {
            int x = i % out.width() / scale;
            int y = i / out.width() % out.height() / scale;
            int plane = i / out.width() / out.height();
            out.values()[i] = in.values()[(plane * in.height() + y) * in.width() + x];
        }
        return out;
    }

    /** The first of every {@code scale} x {@code scale} places. */
    private static Planes reduced(Planes in, int scale) {
        Planes out = Planes.zeros(in.images(), in.channels(), in.height() / scale, in.width() / scale);
        for (int i = 0; i < out.values().length; i++) {
            int x = i % out.width() * scale;
            int y = i / out.width() % out.height() * scale;
            int plane = i / out.width() / out.height();
            out.values()[i] = in.values()[(plane * in.height() + y) * in.width() + x];
        }
        return out;
    }

    @Test
    void networkThatSeesOnePlaceAtATimeGivesTheSameInTiles() {
        for (Tiling tiling : List.of(new Tiling(8, 2), new Tiling(8, 4), new Tiling(5, 0), new Tiling(7, 1))) {
            for (int[] size : SIZES) {
                Planes latents = random(2, 3, size[0], size[1]);
                Planes picture = enlarged(latents, 4);
                assertArrayEquals(
                        picture.values(),
                        tiling.map(latents, 1, 4, tile -> enlarged(tile, 4)).values(),
                        1e-6f);
                assertArrayEquals(
                        latents.values(),
                        tiling.map(picture, 4, 1, tile -> reduced(tile, 4)).values(),
                        1e-6f);
            }
        }
    }

    /** A network whose result depends on the whole tile, against the definition place by place. */
    @Test
    void tilesGoOverLinearlyFromAboveFirstThenFromTheLeft() {
        Tiling tiling = new Tiling(8, 2);
        int scale = 3;
        UnaryOperator<Planes> network = tile -> {
            double sum = 0;
            for (float value : tile.values()) {
                sum += value;
            }
            Planes result = enlarged(tile, scale);
            for (int i = 0; i < result.values().length; i++) {
                result.values()[i] += (float) sum;
            }
            return result;
        };
        for (int[] size : SIZES) {
            if (size[0] <= 8 && size[1] <= 8) {
                continue;
            }
            Planes latents = random(1, 1, size[0], size[1]);
            Definition definition = new Definition(latents, network, 8, 2, scale);
            Planes actual = tiling.map(latents, 1, scale, network);
            for (int y = 0; y < actual.height(); y++) {
                for (int x = 0; x < actual.width(); x++) {
                    int row = y / (6 * scale);
                    int column = x / (6 * scale);
                    assertEquals(
                            definition.at(row, column, y % (6 * scale), x % (6 * scale)),
                            actual.values()[y * actual.width() + x],
                            1e-4,
                            "%d x %d at %d, %d".formatted(size[0], size[1], y, x));
                }
            }
        }
    }

    private record Definition(Planes latents, UnaryOperator<Planes> network, int side, int overlap, int scale) {

        Planes tile(int row, int column) {
            return network.apply(latents.crop(row * (side - overlap), column * (side - overlap), side, side));
        }

        double at(int row, int column, int y, int x) {
            Planes tile = tile(row, column);
            double value = tile.values()[y * tile.width() + x];
            if (row > 0) {
                int above = tile(row - 1, column).height();
                int extent = Math.min(overlap * scale, Math.min(above, tile.height()));
                if (y < extent) {
                    double own = (double) y / extent;
                    value = at(row - 1, column, above - extent + y, x) * (1 - own) + value * own;
                }
            }
            if (column > 0) {
                int left = tile(row, column - 1).width();
                int extent = Math.min(overlap * scale, Math.min(left, tile.width()));
                if (x < extent) {
                    double own = (double) x / extent;
                    value = at(row, column - 1, y, left - extent + x) * (1 - own) + value * own;
                }
            }
            return value;
        }
    }

    @Test
    void networkNeverSeesMoreThanATile() {
        List<String> seen = new ArrayList<>();
        new Tiling(8, 2).map(random(2, 1, 20, 9), 1, 1, tile -> {
            seen.add(tile.height() + "x" + tile.width());
            return tile;
        });
        assertEquals(List.of("8x8", "8x3", "8x8", "8x3", "8x8", "8x3", "2x8", "2x3"), seen);
    }

    @Test
    void pictureOfOneTileIsNotTouched() {
        for (Tiling tiling : List.of(new Tiling(8, 2), Tiling.NONE)) {
            Planes whole = random(1, 2, 8, 8);
            assertSame(whole, tiling.map(whole, 1, 1, tile -> tile));
        }
    }

    @Test
    void tilesHaveTheSizeThatTheAutoencoderWasMadeFor() {
        VaeConfig config = new VaeConfig(3, 3, 4, List.of(8, 8, 8, 8), 1, 8, true, false, false, 1, 0, 1024);
        assertEquals(new Tiling(128, 32), Tiling.of(config));
        VaeConfig unknown = new VaeConfig(3, 3, 4, List.of(8, 8, 8, 8), 1, 8, true, false, false, 1, 0);
        assertEquals(Tiling.NONE, Tiling.of(unknown));
        assertEquals(new Tiling(64, 16), Tiling.half(config));
        assertEquals(new Tiling(64, 16), Tiling.half(unknown));
    }

    @Test
    void impossibleTilesAreRefused() {
        for (int[] tiling : new int[][] {{0, 0}, {8, -1}, {8, 5}}) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> new Tiling(tiling[0], tiling[1]));
            assertTrue(e.getMessage().contains("got " + tiling[0] + " and " + tiling[1]), e.getMessage());
        }
    }
}
