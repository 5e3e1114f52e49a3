package mixgrpo.tools.figures;

import java.util.Locale;

/** Numbers of things and bytes as people read them. */
public final class Quantity {

    private Quantity() {}

    /** {@code 12.35 M}. */
    public static String count(long number) {
        return scaled(number, "", " k", " M", " B");
    }

    /** {@code 24.70 MB}, in steps of a thousand. */
    public static String bytes(long number) {
        return scaled(number, " B", " kB", " MB", " GB");
    }

    private static String scaled(long number, String... units) {
        double scaled = number;
        int unit = 0;
        while (scaled >= 1000 && unit < units.length - 1) {
            scaled /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 ? "%.0f%s" : "%.2f%s", scaled, units[unit]);
    }
}
