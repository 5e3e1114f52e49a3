package mixgrpo.runtime.scenes;

import java.util.Map;
import mixgrpo.runtime.scenes.ScenePrompt.Group;

/**
 * What an object looks like, whether or not that is clear enough to be a colour and a shape.
 *
 * @param radius of the shape that fits best, pixels; 0 if none was fitted
 * @param agreements how well each shape fits at its best size, at most 1; empty if none was fitted
 */
record Looks(Tint tint, double radius, Map<Shape, Double> agreements) {
    private static final double OTHER_SIZE = .5;

    Looks {
        agreements = Map.copyOf(agreements);
    }

    static Looks of(Tint tint) {
        return new Looks(tint, 0, Map.of());
    }

    static Looks of(Tint tint, ShapeFit fit) {
        return new Looks(tint, fit.radius(), fit.agreements());
    }

    /** How much this looks like what a phrase names, [0, 1]: shape times colour times size. */
    double likeness(Group group) {
        double shape = ramp(agreements.getOrDefault(group.shape(), 0.), .6, .98);
        double hue = ramp(-tint.distance(group.colour()), -45, -10);
        double clear = tint.purity() * ramp(tint.saturation(), 0, Tint.LEAST_SATURATION);
        return shape * hue * clear * (group.size().accepts(radius) ? 1 : OTHER_SIZE);
    }

    /** 0 up to {@code from}, 1 from {@code to} on, straight between. */
    static double ramp(double value, double from, double to) {
        return Math.min(1, Math.max(0, (value - from) / (to - from)));
    }
}
