package mixgrpo.runtime.scenes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import mixgrpo.runtime.image.Image;

/**
 * Finds the objects of one picture. The background is the median of the border; what differs from it makes connected
 * components; a component's colour is the hue of its core, its shape the one that fits its coverage best.
 */
final class ObjectDetector {
    private static final int SIDE = Scene.SIDE;
    private static final int BORDER = 2;

    /** RGB distance from the background beyond which a pixel belongs to an object. */
    private static final float MASK_DISTANCE = .25f;
    /** Smaller components, in pixels, are blemishes. */
    private static final int SMALLEST_AREA = 14;

    /** Core pixels are those at nearly the distance that this quantile of the component has. */
    private static final double CORE_QUANTILE = .8;

    private static final float CORE_SHARE = .8f;
    /** A core pixel within so many degrees of the core's hue is pure. */
    private static final double PURITY_DEGREES = 25;
    /** Worse fits are no shape: half a disc, an ellipse twice as long as wide, a ring with a gap. */
    private static final double LEAST_AGREEMENT = .90;
    /** Background around an object's bounding box that takes part in the fit, in pixels. */
    private static final int MARGIN = 2;

    private final float[] rgb;
    private final float[] background;
    private final float[] distance = new float[SIDE * SIDE];
    private final boolean[] unseen = new boolean[SIDE * SIDE];
    private final int[] pixels = new int[SIDE * SIDE];
    private final float[] sorted = new float[SIDE * SIDE];
    private final float[] offsetX = new float[SIDE * SIDE];
    private final float[] offsetY = new float[SIDE * SIDE];
    private final float[] covered = new float[SIDE * SIDE];

    ObjectDetector(Image image) {
        if (image.width() != SIDE || image.height() != SIDE) {
            throw new IllegalArgumentException("scenes are %d x %d pixels, got an image of %d x %d"
                    .formatted(SIDE, SIDE, image.width(), image.height()));
        }
        rgb = new float[image.rgb().length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = Math.min(1, Math.max(0, image.rgb()[i]));
        }
        background = background();
        for (int pixel = 0; pixel < distance.length; pixel++) {
            double square = 0;
            for (int c = 0; c < 3; c++) {
                double difference = rgb[3 * pixel + c] - background[c];
                square += difference * difference;
            }
            distance[pixel] = (float) Math.sqrt(square);
            unseen[pixel] = distance[pixel] > MASK_DISTANCE;
        }
    }

    List<DetectedObject> objects() {
        List<DetectedObject> objects = new ArrayList<>();
        for (int pixel = 0; pixel < unseen.length; pixel++) {
            if (unseen[pixel]) {
                int count = component(pixel);
                if (count >= SMALLEST_AREA) {
                    objects.add(describe(count));
                }
            }
        }
        return objects;
    }

    private float[] background() {
        int count = 0;
        for (int pixel = 0; pixel < SIDE * SIDE; pixel++) {
            int fromEdge = Math.min(
                    Math.min(pixel / SIDE, SIDE - 1 - pixel / SIDE), Math.min(pixel % SIDE, SIDE - 1 - pixel % SIDE));
            if (fromEdge < BORDER) {
                pixels[count++] = pixel;
            }
        }
        return new float[] {channelQuantile(count, 0, .5), channelQuantile(count, 1, .5), channelQuantile(count, 2, .5)
        };
    }

    /** Collects the 4-connected component of a pixel into {@link #pixels}, marks it as seen, gives its size. */
    private int component(int start) {
        int count = 0;
        unseen[start] = false;
        pixels[count++] = start;
        for (int next = 0; next < count; next++) {
            int pixel = pixels[next];
            int x = pixel % SIDE;
            count = take(x > 0, pixel - 1, count);
            count = take(x < SIDE - 1, pixel + 1, count);
            count = take(pixel >= SIDE, pixel - SIDE, count);
            count = take(pixel < SIDE * (SIDE - 1), pixel + SIDE, count);
        }
        return count;
    }

    private int take(boolean exists, int pixel, int count) {
        if (exists && unseen[pixel]) {
            unseen[pixel] = false;
            pixels[count] = pixel;
            return count + 1;
        }
        return count;
    }

    /** Describes the component in the first {@code count} of {@link #pixels}, which it overwrites. */
    private DetectedObject describe(int count) {
        for (int i = 0; i < count; i++) {
            sorted[i] = distance[pixels[i]];
        }
        float coreDistance = CORE_SHARE * quantile(count, CORE_QUANTILE);
        int[] component = Arrays.copyOf(pixels, count);
        int core = keep(count, pixel -> distance[pixel] > coreDistance);
        float[] paint = {channelQuantile(core, 0, .5), channelQuantile(core, 1, .5), channelQuantile(core, 2, .5)};
        return fitted(component, paint, tint(paint, core));
    }

    /** Fits the shapes to the coverage of the component and of the background around it. */
    private DetectedObject fitted(int[] component, float[] paint, Tint tint) {
        double area = 0;
        double x = 0;
        double y = 0;
        for (int pixel : component) {
            float coverage = Math.max(0, coverage(pixel, paint));
            area += coverage;
            x += coverage * (pixel % SIDE);
            y += coverage * (pixel / SIDE);
        }
        if (area < SMALLEST_AREA) { // a patchwork that has no paint in common
            return new DetectedObject(
                    tint.colour(),
                    Optional.empty(),
                    component[0] % SIDE + .5,
                    component[0] / SIDE + .5,
                    Looks.of(tint));
        }
        x /= area;
        y /= area;
        int count = around(component);
        for (int i = 0; i < count; i++) {
            offsetX[i] = (float) (pixels[i] % SIDE - x);
            offsetY[i] = (float) (pixels[i] / SIDE - y);
            covered[i] = coverage(pixels[i], paint);
        }
        ShapeFit fit = ShapeFit.best(offsetX, offsetY, covered, count, area);
        Optional<Shape> shape = Optional.of(fit.shape()).filter(best -> fit.agreement() > LEAST_AGREEMENT);
        return new DetectedObject(tint.colour(), shape, x + .5, y + .5, Looks.of(tint, fit));
    }

    /** Collects the component and the background in its bounding box and a margin into {@link #pixels}. */
    private int around(int[] component) {
        int left = SIDE;
        int right = 0;
        int top = SIDE;
        int bottom = 0;
        for (int pixel : component) {
            left = Math.min(left, pixel % SIDE);
            right = Math.max(right, pixel % SIDE);
            top = Math.min(top, pixel / SIDE);
            bottom = Math.max(bottom, pixel / SIDE);
        }
        int count = component.length;
        System.arraycopy(component, 0, pixels, 0, count);
        for (int y = Math.max(0, top - MARGIN); y <= Math.min(SIDE - 1, bottom + MARGIN); y++) {
            for (int x = Math.max(0, left - MARGIN); x <= Math.min(SIDE - 1, right + MARGIN); x++) {
                if (distance[y * SIDE + x] <= MASK_DISTANCE) {
                    pixels[count++] = y * SIDE + x;
                }
            }
        }
        return count;
    }

    /** Moves those of the first {@code count} pixels that meet the condition to the front, gives their number. */
    private int keep(int count, IntPredicate condition) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (condition.test(pixels[i])) {
                pixels[kept++] = pixels[i];
            }
        }
        return kept;
    }

    /** How much of a pixel the paint covers, at most 1: its projection on the way from the background to the paint. */
    private float coverage(int pixel, float[] paint) {
        float dot = 0;
        float square = 1e-6f;
        for (int c = 0; c < 3; c++) {
            float axis = paint[c] - background[c];
            dot += axis * (rgb[3 * pixel + c] - background[c]);
            square += axis * axis;
        }
        return Math.min(1, dot / square);
    }

    private Tint tint(float[] paint, int core) {
        double hue = Hue.of(paint, 0);
        int pure = 0;
        for (int i = 0; i < core; i++) {
            pure += Hue.distance(Hue.of(rgb, 3 * pixels[i]), hue) < PURITY_DEGREES ? 1 : 0;
        }
        return new Tint(hue, Hue.saturation(paint), (double) pure / core);
    }

    private float channelQuantile(int count, int channel, double share) {
        for (int i = 0; i < count; i++) {
            sorted[i] = rgb[3 * pixels[i] + channel];
        }
        return quantile(count, share);
    }

    /** A quantile of the first {@code count} values of {@link #sorted}. */
    private float quantile(int count, double share) {
        Arrays.sort(sorted, 0, count);
        return sorted[(int) Math.round(share * (count - 1))];
    }
}
