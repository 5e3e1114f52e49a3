package mixgrpo.models.flux;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Cosines and sines of the rotary position embedding, {@code [tokens, head]} row-major, computed in float64 and rounded to
 * float32 (diffusers' FluxPosEmbed, theta 10000). Every frequency stands twice, for the two neighbouring channels that it turns.
 */
public record RotaryTables(float[] cos, float[] sin) {

    /** Positions of a picture of {@code rows} x {@code columns} tokens after {@code text} text tokens, which all stand at 0. */
    public static RotaryTables of(List<Integer> axesDims, int text, int rows, int columns) {
        double[][] positions = new double[text + rows * columns][axesDims.size()];
        for (int i = 0; i < rows * columns; i++) {
            positions[text + i][1] = i / columns;
            positions[text + i][2] = i % columns;
        }
        return of(axesDims, positions);
    }

    /** By what a position is divided for its angle: one period for each pair of channels, axis by axis. */
    public static double[] periods(List<Integer> axesDims) {
        return axesDims.stream()
                .flatMapToDouble(dim -> IntStream.range(0, dim / 2).mapToDouble(k -> Math.pow(10000, 2.0 * k / dim)))
                .toArray();
    }

    /** @param positions {@code [tokens][axes]} */
    public static RotaryTables of(List<Integer> axesDims, double[][] positions) {
        double[] periods = periods(axesDims);
        int head = 2 * periods.length;
        float[] cos = new float[positions.length * head];
        float[] sin = new float[positions.length * head];
        for (int token = 0; token < positions.length; token++) {
            int channel = token * head;
            int pair = 0;
            for (int axis = 0; axis < axesDims.size(); axis++) {
                int dim = axesDims.get(axis);
                for (int k = 0; k < dim; k += 2) {
                    double angle = positions[token][axis] / periods[pair++];
                    for (int twin = 0; twin < 2; twin++) {
                        cos[channel] = (float) Math.cos(angle);
                        sin[channel++] = (float) Math.sin(angle);
                    }
                }
            }
        }
        return new RotaryTables(cos, sin);
    }
}
