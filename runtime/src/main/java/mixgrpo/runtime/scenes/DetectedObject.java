package mixgrpo.runtime.scenes;

import java.util.Optional;

/** Something found in a picture: its colour and shape where they are clear, its centroid in pixels, and how it looks. */
record DetectedObject(Optional<Colour> colour, Optional<Shape> shape, double x, double y, Looks looks) {

    /** Whether this is one of what the phrase names. */
    boolean matches(ScenePrompt.Group group) {
        return colour.filter(group.colour()::equals).isPresent()
                && shape.filter(group.shape()::equals).isPresent()
                && group.size().accepts(looks.radius());
    }
}
