package mixgrpo.exporter.verify;

import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Random;
import mixgrpo.models.weights.Weights;

/**
 * The same weights after a long training: noise of a tenth of an array's root mean square on every element, so that no key stays as it was.
 * Arrays of zeros get noise of 0.01. A function of seed and key.
 *
 * @param shapes of those that there are, by key
 * @param weights that they are made of; may have others
 */
record ChangedWeights(Map<String, long[]> shapes, Weights weights, long seed) implements Weights {

    private static final double SHARE = .1;
    private static final double OF_ZEROS = .01;

    @Override
    public void read(String key, FloatBuffer target) {
        double[] squares = new double[1];
        long[] count = new long[1];
        weights.pieces(key, piece -> {
            for (int i = piece.position(); i < piece.limit(); i++) {
                squares[0] += (double) piece.get(i) * piece.get(i);
            }
            count[0] += piece.remaining();
        });
        double deviation = squares[0] == 0 ? OF_ZEROS : SHARE * Math.sqrt(squares[0] / count[0]);
        Random random = new Random(seed * 1_000_003 + key.hashCode());
        weights.pieces(key, piece -> {
            while (piece.hasRemaining()) {
                target.put((float) (piece.get() + deviation * random.nextGaussian()));
            }
        });
    }
}
