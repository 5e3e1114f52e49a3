package mixgrpo.models.weights;

/**
 * Float32 from and to the two 16-bit formats: IEEE half precision (F16) and bfloat16 (BF16). Narrowing rounds to
 * nearest, ties to even.
 */
final class HalfFloats {

    /** The largest float32 whose nearest half is finite. */
    static final float LARGEST_TO_F16 = Math.nextDown(65520f);

    /** The largest float32 whose nearest bfloat16 is finite. */
    static final float LARGEST_TO_BF16 = Float.intBitsToFloat(0x7f7f7fff);

    private HalfFloats() {}

    static float fromF16(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = half & 0x7c00;
        int mantissa = half & 0x03ff;
        if (exponent == 0) { // zero or subnormal: exact in float32
            return Float.intBitsToFloat(sign | Float.floatToRawIntBits(mantissa * 0x1p-24f));
        }
        int widened = exponent == 0x7c00 ? 0x7f800000 : (exponent << 13) + (112 << 23);
        return Float.intBitsToFloat(sign | widened | mantissa << 13);
    }

    /** The nearest half; 65520 and more become infinite. */
    static short toF16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        int magnitude = bits & 0x7fffffff;
        int half;
        if (magnitude > 0x7f800000) {
            half = 0x7e00;
        } else if (magnitude >= 0x477ff000) {
            half = 0x7c00;
        } else if (magnitude < 0x38800000) {
            // Subnormal halves are multiples of 2^-24, which is what floats next to 0.5 are spaced by: the addition
            // rounds.
            half = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) + 0.5f) - 0x3f000000;
        } else {
            half = magnitude - (112 << 23) + 0x0fff + (magnitude >>> 13 & 1) >>> 13;
        }
        return (short) (sign | half);
    }

    static float fromBf16(short bfloat) {
        return Float.intBitsToFloat(bfloat << 16);
    }

    /** The nearest bfloat16; what is nearer to 2^128 than to the largest finite value becomes infinite. */
    static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x0040);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }
}
