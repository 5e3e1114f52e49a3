package mixgrpo.runtime.scenes;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;

/**
 * The colour of an object's core as it was measured.
 *
 * @param hue of its median, degrees
 * @param saturation of its median, [0, 1]
 * @param purity share of the core that has nearly that hue, (0, 1]
 */
record Tint(double hue, double saturation, double purity) {
    static final double LEAST_SATURATION = .35;
    private static final double MOST_DEGREES = 20;
    private static final double LEAST_PURITY = .75;

    /** The colour that this clearly is. */
    Optional<Colour> colour() {
        return Arrays.stream(Colour.values())
                .min(Comparator.comparingDouble(this::distance))
                .filter(nearest ->
                        saturation > LEAST_SATURATION && distance(nearest) < MOST_DEGREES && purity > LEAST_PURITY);
    }

    /** How far its hue is from that colour's, degrees. */
    double distance(Colour colour) {
        return Hue.distance(hue, colour.hue());
    }
}
