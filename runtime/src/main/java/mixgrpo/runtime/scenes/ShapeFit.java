package mixgrpo.runtime.scenes;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/**
 * The shape, radius (pixels) and blur that agree best with a measured coverage. The agreement is the normalised correlation
 * of coverage and template, which for sharp masks of equal area is Dice's coefficient. Templates are blurred too, since a picture
 * may be: one that is as blurred as the object still tells a small ring from a disc, and does not misjudge its size.
 *
 * @param agreements the best of every shape
 */
record ShapeFit(Shape shape, double radius, double agreement, Map<Shape, Double> agreements) {
    /** Templates cover [-EXTENT, EXTENT] radii in this many cells a side. */
    private static final int CELLS = 144;

    private static final double EXTENT = 1.8;
    /** Standard deviations of the blur, in radii; the first is about that of antialiasing. */
    private static final double[] BLURS = {.04, .12, .20};
    /** The radii tried, relative to that of the covered area, which paint taken too pale makes too large. */
    private static final double[] RADII = {.86, .93, 1};

    private static final float[][][] TEMPLATES = templates();

    /**
     * Fits every shape about the centre of some pixels.
     *
     * @param x offsets from the centre in pixels, y likewise down
     * @param coverage the share of each pixel that is covered, noise around [0, 1]
     * @param count how many of the array's elements are pixels
     * @param area the covered area in pixels
     */
    static ShapeFit best(float[] x, float[] y, float[] coverage, int count, double area) {
        Map<Shape, Double> agreements = new EnumMap<>(Shape.class);
        ShapeFit best = new ShapeFit(null, 0, Double.NEGATIVE_INFINITY, agreements);
        int bestBlur = 0;
        for (Shape shape : Shape.values()) {
            for (double relative : RADII) {
                double radius = relative * Math.sqrt(area / shape.area());
                for (int blur = 0; blur < BLURS.length; blur++) {
                    double agreement = agreement(TEMPLATES[shape.ordinal()][blur], radius, x, y, coverage, count);
                    agreements.merge(shape, agreement, Math::max);
                    if (agreement > best.agreement) {
                        best = new ShapeFit(shape, radius, agreement, agreements);
                        bestBlur = blur;
                    }
                }
            }
        }
        for (double step = .04; step >= .01; step /= 2) {
            ShapeFit middle = best;
            for (double factor : new double[] {1 - step, 1 + step}) {
                double radius = middle.radius * factor;
                double agreement =
                        agreement(TEMPLATES[middle.shape.ordinal()][bestBlur], radius, x, y, coverage, count);
                if (agreement > best.agreement) {
                    agreements.put(middle.shape, agreement);
                    best = new ShapeFit(middle.shape, radius, agreement, agreements);
                }
            }
        }
        return best;
    }

    private static double agreement(
            float[] template, double radius, float[] x, float[] y, float[] coverage, int count) {
        float cellsPerPixel = (float) (CELLS / (2 * EXTENT) / radius);
        float common = 0;
        float templateSquare = 1e-6f;
        float coverageSquare = 1e-6f;
        for (int i = 0; i < count; i++) {
            int column = (int) (x[i] * cellsPerPixel + CELLS / 2);
            int row = (int) (y[i] * cellsPerPixel + CELLS / 2);
            coverageSquare += coverage[i] * coverage[i];
            if (column >= 0 && column < CELLS && row >= 0 && row < CELLS) {
                float value = template[row * CELLS + column];
                common += value * coverage[i];
                templateSquare += value * value;
            }
        }
        return common / Math.sqrt((double) templateSquare * coverageSquare);
    }

    private static float[][][] templates() {
        float[][][] templates = new float[Shape.values().length][BLURS.length][];
        for (Shape shape : Shape.values()) {
            float[] sharp = new float[CELLS * CELLS];
            for (int cell = 0; cell < sharp.length; cell++) {
                double u = ((cell % CELLS + .5) / CELLS * 2 - 1) * EXTENT;
                double v = ((cell / CELLS + .5) / CELLS * 2 - 1) * EXTENT;
                sharp[cell] = shape.contains(u, v) ? 1 : 0;
            }
            for (int blur = 0; blur < BLURS.length; blur++) {
                double cells = BLURS[blur] * CELLS / (2 * EXTENT);
                templates[shape.ordinal()][blur] = blurred(blurred(sharp, cells, 1), cells, CELLS);
            }
        }
        return templates;
    }

    /** Gaussian blur along one axis of a template (stride 1 for x, CELLS for y); it is 0 at its border. */
    private static float[] blurred(float[] values, double deviation, int stride) {
        int reach = (int) Math.ceil(3 * deviation);
        double[] kernel = new double[2 * reach + 1];
        for (int i = -reach; i <= reach; i++) {
            kernel[i + reach] = Math.exp(-i * i / (2 * deviation * deviation));
        }
        double sum = Arrays.stream(kernel).sum();
        float[] result = new float[values.length];
        for (int cell = 0; cell < values.length; cell++) {
            int place = cell / stride % CELLS;
            double value = 0;
            for (int i = Math.max(-reach, -place); i <= Math.min(reach, CELLS - 1 - place); i++) {
                value += kernel[i + reach] * values[cell + i * stride];
            }
            result[cell] = (float) (value / sum);
        }
        return result;
    }
}
