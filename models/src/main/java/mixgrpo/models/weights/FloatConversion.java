package mixgrpo.models.weights;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/**
 * Float32 from and to the elements of a file. 16-bit floats go through two small arrays, because loops over arrays are
 * vectorised and calls of a buffer are not; they are kept for the next piece, so that reading gigabytes leaves no
 * garbage. Not for concurrent use.
 */
final class FloatConversion {

    private static final int CHUNK = 1 << 12;

    private final Dtype dtype;
    private final float[] wide;
    private final short[] narrow;

    FloatConversion(Dtype dtype) {
        this.dtype = dtype;
        boolean half = dtype == Dtype.F16 || dtype == Dtype.BF16;
        wide = new float[half ? CHUNK : 0];
        narrow = new short[half ? CHUNK : 0];
    }

    /**
     * Converts all remaining elements of {@code source} to float32; whole numbers and doubles are rounded to the
     * nearest.
     */
    void toFloats(ByteBuffer source, FloatBuffer target) {
        switch (dtype) {
            case F32 -> target.put(source.asFloatBuffer());
            case F64 -> {
                while (source.hasRemaining()) {
                    target.put((float) source.getDouble());
                }
            }
            case F16, BF16 -> widen(source.asShortBuffer(), target);
            default -> {
                while (source.hasRemaining()) {
                    target.put(dtype.nextLong(source));
                }
            }
        }
    }

    private void widen(ShortBuffer source, FloatBuffer target) {
        while (source.hasRemaining()) {
            int count = Math.min(CHUNK, source.remaining());
            source.get(narrow, 0, count);
            for (int i = 0; i < count; i++) {
                wide[i] = dtype == Dtype.F16 ? HalfFloats.fromF16(narrow[i]) : HalfFloats.fromBf16(narrow[i]);
            }
            target.put(wide, 0, count);
        }
    }

    /**
     * Appends all remaining values of {@code source} as F32, F16 or BF16.
     *
     * @return the first finite value that became infinite, or 0 if all fit
     */
    float fromFloats(FloatBuffer source, ByteBuffer target) {
        int end = target.position() + source.remaining() * dtype.bytes();
        float lost = 0;
        switch (dtype) {
            case F32 -> target.asFloatBuffer().put(source);
            case F16, BF16 -> lost = narrow(source, target.asShortBuffer());
            default -> throw new IllegalStateException("floats are not written as " + dtype);
        }
        target.position(end);
        return lost;
    }

    private float narrow(FloatBuffer source, ShortBuffer target) {
        float largest = dtype == Dtype.F16 ? HalfFloats.LARGEST_TO_F16 : HalfFloats.LARGEST_TO_BF16;
        float lost = 0;
        while (source.hasRemaining()) {
            int count = Math.min(CHUNK, source.remaining());
            source.get(wide, 0, count);
            for (int i = 0; i < count; i++) {
                narrow[i] = dtype == Dtype.F16 ? HalfFloats.toF16(wide[i]) : HalfFloats.toBf16(wide[i]);
                if (Math.abs(wide[i]) > largest && lost == 0 && Float.isFinite(wide[i])) {
                    lost = wide[i];
                }
            }
            target.put(narrow, 0, count);
        }
        return lost;
    }
}
