package mixgrpo.runtime.scenes;

import java.util.Map;
import java.util.Optional;

/**
 * Something found in a picture: its colour and shape where they are clear, its centroid and the radius that a shape of its
 * area has (0 without a shape), in pixels.
 */
public record DetectedObject(
        Optional<Colour> colour,
        Optional<Shape> shape,
        double x,
        double y,
        double radius,
        double fitted,
        double hue,
        double clarity,
        Map<Shape, Double> agreements) {

    /** Whether this is one of what the phrase names. */
    boolean matches(ScenePrompt.Group group) {
        return colour.filter(group.colour()::equals).isPresent()
                && shape.filter(group.shape()::equals).isPresent()
                && group.size().accepts(radius);
    }
}
