package mixgrpo.models.contract;

import static mixgrpo.models.contract.OpCase.given;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Operations on {@code [B, C, H, W]} without parameters: exact. */
interface ImageOps extends Checks {

    @Test
    default void pad2dAddsZerosOnEachSide() {
        int[][] paddings = {{0, 1, 0, 1}, {1, 0, 0, 0}, {0, 0, 2, 0}, {1, 2, 3, 4}, {0, 0, 0, 0}};
        for (int[] padding : paddings) {
            int left = padding[0];
            int top = padding[2];
            check(given().image("x", 2, 3, 3, 5)
                    .is(
                            "pad2d left, right, top, bottom " + Arrays.toString(padding),
                            (scope, in) -> in.get("x").pad2d(left, padding[1], top, padding[3]),
                            in -> {
                                Values x = in.get("x");
                                int height = x.extent(2);
                                int width = x.extent(3);
                                return Values.generate(
                                        new int[] {
                                            x.extent(0),
                                            x.extent(1),
                                            height + top + padding[3],
                                            width + left + padding[1]
                                        },
                                        i -> {
                                            int row = i[2] - top;
                                            int column = i[3] - left;
                                            boolean inside = row >= 0 && row < height && column >= 0 && column < width;
                                            return inside ? x.at(i[0], i[1], row, column) : 0;
                                        });
                            }));
        }
    }

    @Test
    default void upsampleNearest2xRepeatsEveryPixelFourTimes() {
        for (long[] shape : new long[][] {{1, 1, 1, 1}, {2, 3, 3, 5}, {1, 2, 4, 1}}) {
            check(given().image("x", shape)
                    .is(
                            "upsampleNearest2x " + Arrays.toString(shape),
                            (scope, in) -> in.get("x").upsampleNearest2x(),
                            in -> {
                                Values x = in.get("x");
                                return Values.generate(
                                        new int[] {x.extent(0), x.extent(1), 2 * x.extent(2), 2 * x.extent(3)},
                                        i -> x.at(i[0], i[1], i[2] / 2, i[3] / 2));
                            }));
        }
    }
}
