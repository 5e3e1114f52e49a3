package mixgrpo.runtime.scenes;

import java.awt.Color;

/** The colours of the world, told apart by hue alone. */
public enum Colour {
    RED(0),
    ORANGE(27),
    YELLOW(52),
    GREEN(125),
    CYAN(182),
    BLUE(222),
    PURPLE(272),
    PINK(322);

    private final double hue;

    Colour(double hue) {
        this.hue = hue;
    }

    /** The hue in degrees, [0, 360). */
    public double hue() {
        return hue;
    }

    /** The word in a prompt. */
    public String word() {
        return Words.of(this);
    }

    /** The packed RGB value of a hue in degrees (any turn), saturation and value in [0, 1]. */
    static int rgb(double hueDegrees, double saturation, double value) {
        return Color.HSBtoRGB((float) (hueDegrees / 360), (float) saturation, (float) value) & 0xFFFFFF;
    }
}
