package mixgrpo.runtime.tensorrt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import mixgrpo.runtime.engine.Port;
import org.junit.jupiter.api.Test;

class ShapeProfileTest {

    private static final List<Port> INPUTS = List.of(
            new Port("x", false, List.of("batch", "tokens", "16")),
            new Port("ids", true, List.of("batch", "text")),
            new Port("rotary", false, List.of("tokens", "8")));

    private static ShapeProfile profile(String min, String opt, String max) {
        return ShapeProfile.of(
                INPUTS, shapes("--min-shapes", min), shapes("--opt-shapes", opt), shapes("--max-shapes", max));
    }

    private static Map<String, List<Long>> shapes(String option, String text) {
        return text.isEmpty() ? Map.of() : ShapeText.parse(option, text);
    }

    @Test
    void shapesAreWrittenAsTrtexecWritesThem() {
        assertEquals(
                Map.of("x", List.of(1L, 64L, 16L), "a:b.weight", List.of(7L)),
                ShapeText.parse("--min-shapes", "x:1x64x16,a:b.weight:7"));
        for (String wrong :
                List.of("", "x", "x:", ":1", "x:1x", "x:0x2", "x:-1", "x:1,", "x:1X2", "x:1x9999999999", "x:a")) {
            IllegalArgumentException refused =
                    assertThrows(IllegalArgumentException.class, () -> ShapeText.parse("--min-shapes", wrong), wrong);
            assertTrue(refused.getMessage().startsWith("--min-shapes: expected input:extents"), refused.getMessage());
        }
        assertThrows(IllegalArgumentException.class, () -> ShapeText.parse("--min-shapes", "x:1,x:2"));
    }

    @Test
    void shapesOfOtherInputsFollowFromAxesOfTheSameName() {
        ShapeProfile profile = profile("x:1x4x16,ids:1x2", "x:3x4x16,ids:3x5", "x:6x9x16,ids:6x5");
        assertEquals(List.of(4L, 8L), profile.min().get("rotary"));
        assertEquals(List.of(4L, 8L), profile.opt().get("rotary"));
        assertEquals(List.of(9L, 8L), profile.max().get("rotary"));
    }

    @Test
    void whatIsNotGivenIsTheNextThatIs() {
        ShapeProfile fixed = profile("", "x:3x4x16,ids:3x5", "");
        assertEquals(fixed.min(), fixed.max());
        ShapeProfile ranged = profile("x:1x4x16,ids:1x5", "", "x:3x4x16,ids:3x5");
        assertEquals(ranged.max(), ranged.opt());
    }

    @Test
    void shapesThatDoNotFitAreRefusedByOptionAndInput() {
        assertRefused("--min-shapes", "there is no input 'y'", "y:1", "", "");
        assertRefused("--min-shapes", "'ids'", "x:1x4x16", "", "");
        assertRefused("--max-shapes", "'x'", "x:1x4x16,ids:1x5", "", "x:1x4x17,ids:1x5");
        assertRefused("--max-shapes", "'ids'", "x:1x4x16,ids:1x5", "", "x:2x4x16,ids:3x5");
        assertRefused("input 'ids'", "smallest <= usual <= largest", "x:4x4x16,ids:4x5", "", "x:2x4x16,ids:2x5");
    }

    private static void assertRefused(String where, String what, String min, String opt, String max) {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> profile(min, opt, max));
        assertTrue(refused.getMessage().startsWith(where), refused.getMessage());
        assertTrue(refused.getMessage().contains(what), refused.getMessage());
    }

    @Test
    void aProfileOfShapesTakesSmallerBatchesOfThem() {
        Map<String, long[]> asked =
                Map.of("x", new long[] {3, 4, 16}, "ids", new long[] {3, 5}, "rotary", new long[] {4, 8});
        ShapeProfile profile = ShapeProfile.upTo(INPUTS, asked);
        assertTrue(profile.covers(asked));
        assertTrue(profile.covers(
                Map.of("x", new long[] {1, 4, 16}, "ids", new long[] {1, 5}, "rotary", new long[] {4, 8})));
        assertFalse(profile.covers(
                Map.of("x", new long[] {4, 4, 16}, "ids", new long[] {4, 5}, "rotary", new long[] {4, 8})));
        assertFalse(profile.covers(
                Map.of("x", new long[] {3, 5, 16}, "ids", new long[] {3, 5}, "rotary", new long[] {5, 8})));
        assertFalse(profile.covers(Map.of("x", new long[] {3, 4, 16})));
        assertEquals(3 * 4 * 16 + 3 * 5 + 4 * 8, profile.largest());
    }

    @Test
    void theLineInAKeyIsReadBack() {
        ShapeProfile profile = profile("x:1x4x16,ids:1x2", "x:3x4x16,ids:3x5", "x:6x9x16,ids:6x5");
        assertEquals(profile, ShapeProfile.parse(profile.toString()));
        for (String wrong : List.of("", "x:1", "x:1 x:2", "x:1 x:2 y:3", "x:3 x:2 x:3", "x:1 x:1x1 x:1")) {
            assertThrows(IllegalArgumentException.class, () -> ShapeProfile.parse(wrong), wrong);
        }
    }
}
