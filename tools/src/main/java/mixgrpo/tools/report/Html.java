package mixgrpo.tools.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Text of a page. */
public final class Html {

    private Html() {}

    /**
     * A page that opens offline.
     *
     * @param heading plain text
     * @param what the page is, in its title behind the heading
     * @param facts a line below the title, HTML
     * @param body HTML
     */
    public static String page(String heading, String what, String facts, String body) {
        return """
                <!doctype html>
                <html lang="en"><head><meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <title>%1$s – %5$s</title>
                <style>
                %2$s</style></head><body><main>
                <header><h1>%1$s</h1><p class="facts">%3$s</p></header>
                %4$s</main></body></html>
                """
                .formatted(text(heading), style(), facts, body, text(what));
    }

    private static String style() {
        try (InputStream in = Html.class.getResourceAsStream("report.css")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("report.css cannot be read from the class path", e);
        }
    }

    /** Text as it stands between tags or in a quoted attribute. */
    public static String text(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** As {@link String#format}, the same in every language. */
    public static String format(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }

    /** A number as short as three or four figures allow. */
    public static String number(double value) {
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
    public static String duration(double seconds) {
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
