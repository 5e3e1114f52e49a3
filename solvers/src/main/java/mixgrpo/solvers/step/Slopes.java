package mixgrpo.solvers.step;

/**
 * Divided differences of an estimate over lambda = ln((1 - sigma) / sigma), in units of the step h: D1 (slope) and D2
 * (half of the second derivative), each as weights on the estimates here, one and two steps before. Lambda is infinite
 * at both ends: towards sigma 0 nothing is extrapolated, and an estimate from sigma 1 is left out.
 */
final class Slopes {

    private final int order;
    private final double h;
    private final double[] first = new double[3];
    private final double[] second = new double[3];

    /** @param earlier levels before sigma, newest first, at most two */
    Slopes(double sigma, double sigmaNext, double[] earlier) {
        order = sigmaNext == 0
                ? 1
                : 1 + earlier.length - (earlier.length > 0 && earlier[earlier.length - 1] == 1 ? 1 : 0);
        if (order == 1) {
            h = Double.NaN;
            return;
        }
        h = lambda(sigmaNext) - lambda(sigma);
        double r0 = (lambda(sigma) - lambda(earlier[0])) / h;
        first[0] = 1 / r0;
        first[1] = -1 / r0;
        if (order == 3) {
            double r1 = (lambda(earlier[0]) - lambda(earlier[1])) / h;
            double[] change = {1 / r0, -1 / r0 - 1 / r1, 1 / r1};
            for (int k = 0; k < 3; k++) {
                first[k] += r0 / (r0 + r1) * change[k];
                second[k] = change[k] / (r0 + r1);
            }
        }
    }

    /** Order of the step that the usable estimates allow. */
    int order() {
        return order;
    }

    /** The step in lambda; NaN at order 1, which needs none. */
    double h() {
        return h;
    }

    /** Weight of the estimate k steps before in {@code slope * D1 + curve * D2}. */
    double weight(int k, double slope, double curve) {
        return slope * first[k] + curve * second[k];
    }

    private static double lambda(double sigma) {
        return Math.log1p(-sigma) - Math.log(sigma);
    }
}
