package mixgrpo.models.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class HalfFloatsTest {

    /** The value of a 16-bit float by its definition: sign, exponent and fraction. */
    private static double defined(int bits, int exponentBits) {
        int fractionBits = 15 - exponentBits;
        int bias = (1 << exponentBits - 1) - 1;
        int exponent = bits >> fractionBits & (1 << exponentBits) - 1;
        double fraction = (bits & (1 << fractionBits) - 1) / (double) (1 << fractionBits);
        double magnitude = exponent == 0
                ? fraction * Math.pow(2, 1 - bias)
                : exponent == (1 << exponentBits) - 1
                        ? fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN
                        : (1 + fraction) * Math.pow(2, exponent - bias);
        return (bits & 0x8000) == 0 ? magnitude : -magnitude;
    }

    @Test
    void everyHalfHasItsDefinedValueAndComesBack() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float half = HalfFloats.fromF16((short) bits);
            assertEquals((float) defined(bits, 5), half, "F16 " + bits);
            float bfloat = HalfFloats.fromBf16((short) bits);
            assertEquals((float) defined(bits, 8), bfloat, "BF16 " + bits);
            if (Float.isNaN(half)) {
                assertTrue(Float.isNaN(HalfFloats.fromF16(HalfFloats.toF16(half))));
            } else {
                assertEquals((short) bits, HalfFloats.toF16(half));
            }
            if (Float.isNaN(bfloat)) {
                assertTrue(Float.isNaN(HalfFloats.fromBf16(HalfFloats.toBf16(bfloat))));
            } else {
                assertEquals((short) bits, HalfFloats.toBf16(bfloat));
            }
        }
    }

    @Test
    void betweenNeighboursTheNearestIsTakenAndTheEvenOneOfTwo() {
        for (int bits = 0; bits < 0x7bff; bits++) { // finite positive halves and their upper neighbours
            float low = HalfFloats.fromF16((short) bits);
            float high = HalfFloats.fromF16((short) (bits + 1));
            checkBetween(low, high, bits, true);
        }
        for (int bits = 0; bits < 0x7f7f; bits++) {
            float low = HalfFloats.fromBf16((short) bits);
            float high = HalfFloats.fromBf16((short) (bits + 1));
            checkBetween(low, high, bits, false);
        }
    }

    private static void checkBetween(float low, float high, int bits, boolean half) {
        float middle = (float) (((double) low + high) / 2); // exact: one more bit than either format has
        int even = (bits & 1) == 0 ? bits : bits + 1;
        assertEquals(bits, narrow(Math.nextDown(middle), half), "below the middle of " + low + " and " + high);
        assertEquals(even, narrow(middle, half), "the middle of " + low + " and " + high);
        assertEquals(bits + 1, narrow(Math.nextUp(middle), half), "above the middle of " + low + " and " + high);
        assertEquals(even | 0x8000, narrow(-middle, half) & 0xffff);
    }

    private static int narrow(float value, boolean half) {
        return half ? HalfFloats.toF16(value) : HalfFloats.toBf16(value);
    }

    @Test
    void tooLargeBecomesInfinite() {
        assertEquals(0x7bff, HalfFloats.toF16(HalfFloats.LARGEST_TO_F16));
        assertEquals(0x7c00, HalfFloats.toF16(Math.nextUp(HalfFloats.LARGEST_TO_F16)));
        assertEquals(0x7f7f, HalfFloats.toBf16(HalfFloats.LARGEST_TO_BF16));
        assertEquals(0x7f80, HalfFloats.toBf16(Math.nextUp(HalfFloats.LARGEST_TO_BF16)));
        assertEquals(0x7c00, HalfFloats.toF16(Float.POSITIVE_INFINITY));
        assertEquals(0x7f80, HalfFloats.toBf16(Float.MAX_VALUE));
        assertEquals((short) 0xff80, HalfFloats.toBf16(Float.NEGATIVE_INFINITY));
    }

    @Test
    void anyNotANumberStaysOne() {
        Random random = new Random(3);
        for (int i = 0; i < 10_000; i++) {
            float nan = Float.intBitsToFloat(0x7f800001 + random.nextInt(0x7ffffe) | (i & 1) << 31);
            assertTrue(Float.isNaN(HalfFloats.fromF16(HalfFloats.toF16(nan))));
            assertTrue(Float.isNaN(HalfFloats.fromBf16(HalfFloats.toBf16(nan))));
        }
    }
}
