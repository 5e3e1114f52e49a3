package mixgrpo.runtime.tensorrt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import mixgrpo.models.weights.Dtype;
import org.junit.jupiter.api.Test;

class RefitNamesTest {

    private final RefitNames names = new RefitNames();

    private static ByteBuffer bytes(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.nativeOrder());
        bytes.asFloatBuffer().put(values);
        return bytes;
    }

    private void note(String key, ByteBuffer stored, ByteBuffer given, long... shape) {
        names.note(key, new PlanGraph.Stored(Dtype.F32, shape), stored, given);
    }

    @Test
    void aWeightThatThePlanGotAsItIsStoredIsDirect() {
        note("weight", bytes(1, 2, 3, 4), bytes(1, 2, 3, 4), 2, 2);
        note("bias", bytes(0, 0), bytes(0, 0), 2);
        note("scale", bytes(1, 1, 1), bytes(1, 1, 1), 1, 3, 1);
        assertEquals(Set.of("weight", "bias", "scale"), names.direct());
        assertTrue(names.allDirect(Set.of("bias", "weight")));
    }

    @Test
    void aWeightThatWasTurnedIsNot() {
        note("weight", bytes(1, 2, 3, 4), bytes(1, 3, 2, 4), 2, 2);
        assertFalse(names.allDirect(Set.of("weight")));
    }

    /** As 16-bit words: a matrix of pairs that are equal as 32-bit words must not pass for one of a single value. */
    @Test
    void weightsOf16BitsAreComparedAsTheyAreStored() {
        for (Dtype dtype : new Dtype[] {Dtype.F16, Dtype.BF16}) {
            RefitNames half = new RefitNames();
            PlanGraph.Stored matrix = new PlanGraph.Stored(dtype, new long[] {2, 2});
            half.note("weight", matrix, words(1, 2, 3, 4), words(1, 2, 3, 4));
            half.note("turned", matrix, words(1, 2, 3, 4), words(1, 3, 2, 4));
            half.note("pairs", matrix, words(1, 2, 1, 2), words(1, 2, 1, 2));
            half.note("zeros", matrix, words(0, 0, 0, 0), words(0, 0, 0, 0));
            half.note("bias", new PlanGraph.Stored(dtype, new long[] {4}), words(0, 0, 0, 0), words(0, 0, 0, 0));
            assertEquals(Set.of("weight", "pairs", "bias"), half.direct(), dtype.toString());
        }
    }

    private static ByteBuffer words(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Short.BYTES).order(ByteOrder.nativeOrder());
        for (int value : values) {
            bytes.putShort((short) value);
        }
        return bytes.flip();
    }

    @Test
    void aMatrixOfOneValueProvesNothing() {
        note("zeros", bytes(0, 0, 0, 0), bytes(0, 0, 0, 0), 2, 2);
        assertFalse(names.allDirect(Set.of("zeros")));
    }

    @Test
    void aWeightThatThePlanDoesNotHaveOrHoldsOtherwiseIsNot() {
        note("gone", bytes(1, 2), null, 2);
        assertFalse(names.allDirect(Set.of("gone")));
        assertTrue(names.allDirect(Set.of()));
    }
}
