package mixgrpo.tools.report;

import java.util.Locale;

/** Text of a page. */
final class Html {

    private Html() {}

    /** Text as it stands between tags or in a quoted attribute. */
    static String text(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** As {@link String#format}, the same in every language. */
    static String format(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }

    /** A number as short as three or four figures allow. */
    static String number(double value) {
        double size = Math.abs(value);
        if (!Double.isFinite(value)) {
            return "–";
        } else if (value == 0) {
            return "0";
        } else if (size < 1e-3 || size >= 1e6) {
            return format("%.2e", value)
                    .replaceFirst("e([-+])0*([0-9])", "e$1$2")
                    .replace("e+", "e");
        } else if (value == Math.rint(value)) {
            return format("%,d", (long) value).replace(',', '\u2009');
        }
        return size >= 100 ? format("%.0f", value) : size >= 10 ? format("%.1f", value) : format("%.3f", value);
    }

    /** A difference with its sign, a minus that is as wide as a plus. */
    static String signed(double value) {
        return format("%+.3f", value).replace('-', '−');
    }

    /** Seconds as people say them. */
    static String duration(double seconds) {
        if (seconds < 60) {
            return format("%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        return whole < 3600
                ? format("%d min %02d s", whole / 60, whole % 60)
                : format("%d h %02d min", whole / 3600, whole / 60 % 60);
    }

    /** Bytes as people say them. */
    static String bytes(double bytes) {
        return bytes >= 1e9 ? format("%.2f GB", bytes / 1e9) : format("%.0f MB", bytes / 1e6);
    }
}
