package mixgrpo.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostArrayTest {

    /** One value too many for 2 GiB, and a count that an int does not hold. */
    @ParameterizedTest
    @CsvSource({"false, 536870912", "true, 268435456", "false, 3000000000", "true, 5000000000"})
    void whatIsLargerThanAnArrayCanBeIsRefusedByName(boolean ids, long rows) {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> new HostArray("latents", ids, new long[] {rows, 1}));
        assertTrue(e.getMessage().startsWith("'latents' [%d, 1]: expected an array of at most 2 GiB".formatted(rows)));
    }

    @Test
    void idsAreWholeNumbers() {
        HostArray array = new HostArray("ids", true, new long[] {2});
        array.set(new float[] {3, 4});
        float[] back = new float[2];
        array.get(back);
        assertEquals(4, back[1]);
        assertThrows(IllegalArgumentException.class, () -> array.set(new float[] {3, .5f}));
    }
}
