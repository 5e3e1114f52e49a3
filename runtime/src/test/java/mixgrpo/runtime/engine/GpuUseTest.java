package mixgrpo.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import org.junit.jupiter.api.Test;

class GpuUseTest {

    @Test
    void mebibytesAreReadAndAnythingElseIsNotKnown() {
        assertEquals(7L << 20, GpuUse.bytes(List.of("echo", "7")));
        assertNull(GpuUse.bytes(List.of("no-such-program-x")));
        assertNull(GpuUse.bytes(List.of("echo", "No devices were found")));
    }
}
