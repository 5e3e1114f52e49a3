package mixgrpo.solvers.schedule;

import java.util.Arrays;

/**
 * The noise levels of a trajectory of T steps: T + 1 numbers in [0, 1] that fall from the first step's level to the
 * last step's target. A whole schedule ends at 0; only one that was {@linkplain #thinned thinned} to nothing does not.
 *
 * <p>Underneath lies an unshifted time t in [0, 1] per level, and {@code sigma = s t / (1 + (s - 1) t)} with one shift
 * s for all, so that parts of a schedule can be respaced in that time.
 */
public final class SigmaSchedule {

    private final double shift;
    private final double[] times;
    private final float[] officialTimes;

    private SigmaSchedule(double shift, double[] times, float[] officialTimes) {
        this.shift = shift;
        this.times = times;
        this.officialTimes = officialTimes;
    }

    /**
     * T + 1 points from 1 to 0, evenly spaced in unshifted time. The published trainer's schedule (shift 3), SD3's with
     * explicit sigmas, and SD3's training grid.
     *
     * @param shift above 0; 1 leaves the points evenly spaced
     */
    public static SigmaSchedule shifted(int steps, double shift) {
        checkSteps(steps);
        double[] times = new double[steps + 1];
        for (int i = 0; i <= steps; i++) {
            times[i] = 1 - (double) i / steps;
        }
        return new SigmaSchedule(checkedShift(shift), times, torchLinspace(1, 0, steps + 1));
    }

    /** FLUX's inference schedule: shifted by e^mu, mu from the number of image tokens. */
    public static SigmaSchedule dynamic(int steps, DynamicShift dynamic, int imageTokens) {
        return shifted(steps, Math.exp(dynamic.mu(imageTokens)));
    }

    /**
     * SD3's inference schedule as its pipeline asks for it, by a number of steps: T points evenly from 1 to
     * shift(1/1000), which diffusers then shifts again, and 0. (With explicit sigmas SD3 has {@link #shifted}.)
     */
    public static SigmaSchedule sd3Pipeline(int steps, double shift) {
        return byNumber(steps, shift(1.0 / 1000, checkedShift(shift)), shift);
    }

    /** The same with a shift by picture size: T points evenly from 1 to 1/1000, shifted by e^mu, and 0. */
    public static SigmaSchedule sd3Pipeline(int steps, DynamicShift dynamic, int imageTokens) {
        return byNumber(steps, 1.0 / 1000, Math.exp(dynamic.mu(imageTokens)));
    }

    private static SigmaSchedule byNumber(int steps, double low, double shift) {
        checkSteps(steps);
        double[] times = new double[steps + 1];
        for (int i = 0; i < steps; i++) {
            times[i] = steps == 1 ? 1 : 1 + (low - 1) * i / (steps - 1);
        }
        return new SigmaSchedule(shift, times, toFloats(times));
    }

    /**
     * A list of levels from anywhere.
     *
     * @throws IllegalArgumentException if there are less than two, if they do not fall strictly, leave [0, 1] or do
     *     not end at 0
     */
    public static SigmaSchedule of(double... sigmas) {
        if (sigmas.length < 2) {
            throw new IllegalArgumentException(
                    "sigmas: expected a level per step and a final 0, got " + Arrays.toString(sigmas));
        }
        double above = Math.nextUp(1.0);
        for (double sigma : sigmas) {
            if (!(sigma < above && sigma >= 0)) {
                throw new IllegalArgumentException(
                        "sigmas: expected levels that fall strictly, from at most 1 to 0, got "
                                + Arrays.toString(sigmas));
            }
            above = sigma;
        }
        if (above != 0) {
            throw new IllegalArgumentException("sigmas: expected 0 at the end, got " + above);
        }
        return new SigmaSchedule(1, sigmas.clone(), toFloats(sigmas));
    }

    /** Number of steps T. */
    public int steps() {
        return times.length - 1;
    }

    /** The shift under all levels; 1 for a list. */
    public double shift() {
        return shift;
    }

    /** Level i of 0..T; step i goes from level i to level i + 1. */
    public double sigma(int i) {
        return shift(times[i], shift);
    }

    /** All T + 1 levels, in an array that belongs to the caller. */
    public double[] sigmas() {
        double[] sigmas = new double[times.length];
        Arrays.setAll(sigmas, this::sigma);
        return sigmas;
    }

    /** The level that the network is told at step i of 0..T-1; the timestep of diffusers is 1000 times this. */
    public double modelSigma(int i, ModelTime time) {
        return switch (time) {
            case EXACT -> sigma(i);
            case OFFICIAL_FLOOR -> (int) (officialSigma(i) * 1000f) / 1000.0;
        };
    }

    /**
     * The same schedule with the steps between levels {@code from} and {@code to} replaced by {@code steps} others,
     * evenly spaced in the index of the old ones: as many steps as before change nothing, whatever the spacing was;
     * none between {@code from} and the end cut the schedule off there.
     */
    public SigmaSchedule thinned(int from, int to, int steps) {
        boolean cut = steps == 0 && to == steps();
        if (from < 0 || to > steps() || from > to || steps < 0 || (from < to && steps == 0 && !cut)) {
            throw new IllegalArgumentException(
                    "cannot put %d steps between levels %d and %d of %d steps".formatted(steps, from, to, steps()));
        }
        int rest = cut ? 0 : steps() - to;
        double[] newTimes = Arrays.copyOf(times, from + steps + 1 + rest);
        float[] newOfficial = Arrays.copyOf(officialTimes, newTimes.length);
        float[] between = torchLinspace(officialTimes[from], officialTimes[to], steps + 1);
        for (int k = 1; k <= steps; k++) {
            newTimes[from + k] = timeAt(from + (double) k * (to - from) / steps);
            newOfficial[from + k] = between[k];
        }
        System.arraycopy(times, steps() - rest + 1, newTimes, from + steps + 1, rest);
        System.arraycopy(officialTimes, steps() - rest + 1, newOfficial, from + steps + 1, rest);
        return new SigmaSchedule(shift, newTimes, newOfficial);
    }

    private double timeAt(double position) {
        int below = (int) position;
        double part = position - below;
        return part == 0 ? times[below] : times[below] + part * (times[below + 1] - times[below]);
    }

    /**
     * The level in the float32 arithmetic of the published trainer; at other places its rounding may decide a floor.
     */
    private float officialSigma(int i) {
        float t = officialTimes[i];
        return (float) shift * t / (1 + (float) (shift - 1) * t);
    }

    /** {@code torch.linspace} of float32 on a CPU: both halves count from their own end, with fused multiply-add. */
    private static float[] torchLinspace(float start, float end, int points) {
        if (points == 1) {
            return new float[] {start};
        }
        float[] values = new float[points];
        float step = (end - start) / (points - 1);
        for (int i = 0; i < points; i++) {
            values[i] = i < points / 2 ? Math.fma(step, i, start) : Math.fma(-step, points - 1 - i, end);
        }
        return values;
    }

    private static double shift(double time, double shift) {
        return shift * time / (1 - time + shift * time); // exactly 1 at 1, whatever the shift
    }

    private static float[] toFloats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    private static void checkSteps(int steps) {
        if (steps < 1) {
            throw new IllegalArgumentException("steps: expected at least 1, got " + steps);
        }
    }

    private static double checkedShift(double shift) {
        if (!(shift > 0 && shift < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("shift: expected a number above 0, got " + shift);
        }
        return shift;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SigmaSchedule that && shift == that.shift && Arrays.equals(times, that.times);
    }

    @Override
    public int hashCode() {
        return 31 * Double.hashCode(shift) + Arrays.hashCode(times);
    }

    @Override
    public String toString() {
        return Arrays.toString(sigmas());
    }
}
