package mixgrpo.runtime.scenes;

/** The hue and saturation of measured colours: three values in [0, 1] each. */
final class Hue {
    private Hue() {}

    /** The hue in degrees, (-60, 300], of the colour that starts at an index; 0 for grey. */
    static double of(float[] rgb, int at) {
        double red = rgb[at];
        double green = rgb[at + 1];
        double blue = rgb[at + 2];
        double most = Math.max(red, Math.max(green, blue));
        double range = Math.max(most - Math.min(red, Math.min(green, blue)), 1e-6);
        double sixth = most == red
                ? (green - blue) / range
                : most == green ? (blue - red) / range + 2 : (red - green) / range + 4;
        return 60 * sixth;
    }

    /** The saturation of HSV, [0, 1]. */
    static double saturation(float[] rgb) {
        double most = Math.max(rgb[0], Math.max(rgb[1], rgb[2]));
        return (most - Math.min(rgb[0], Math.min(rgb[1], rgb[2]))) / Math.max(most, 1e-6);
    }

    /** The angle between two hues in degrees, [0, 180]. */
    static double distance(double hue, double other) {
        return Math.abs(Math.IEEEremainder(hue - other, 360));
    }
}
