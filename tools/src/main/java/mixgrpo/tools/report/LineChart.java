package mixgrpo.tools.report;

import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A curve over iterations as SVG: every value faintly, their moving mean on top, the window's stays as bands behind. */
final class LineChart {

    private static final int HEIGHT = 220;
    private static final int LEFT = 52;
    private static final int RIGHT = 12;
    private static final int TOP = 22;
    private static final int BOTTOM = 26;
    private static final int LABEL = 34;

    /** A value of an iteration. */
    record Point(double x, double y) {}

    private final int width;
    private final List<Point> values;
    private final boolean noisy;
    private final List<Point> marks;
    private final List<RunData.Stay> stays;
    private final double right;
    private final double low;
    private final double high;

    /**
     * @param width in units of which a page is about 1000 wide
     * @param values of the curve, at least one
     * @param noisy whether a moving mean tells more than the values
     * @param marks values that stand out, as those of an evaluation; may be empty
     * @param stays of the window; may be empty
     */
    LineChart(int width, List<Point> values, boolean noisy, List<Point> marks, List<RunData.Stay> stays) {
        this.width = width;
        this.values = values;
        this.noisy = noisy;
        this.marks = marks;
        this.stays = stays;
        right = Math.max(
                2,
                Stream.concat(values.stream(), marks.stream())
                        .mapToDouble(Point::x)
                        .max()
                        .orElse(1));
        DoubleSummaryStatistics range = Stream.concat(values.stream(), marks.stream())
                .mapToDouble(Point::y)
                .summaryStatistics();
        double margin = Math.max((range.getMax() - range.getMin()) * 0.06, Math.abs(range.getMax()) * 1e-3 + 1e-12);
        boolean nothing = range.getMin() == 0 && range.getMax() == 0;
        low = range.getMin() >= 0 && range.getMin() < margin ? 0 : range.getMin() - margin;
        high = nothing ? 1 : range.getMax() + margin;
    }

    String svg(String label) {
        return svg(label, "");
    }

    /** @param style further classes of the drawing, for the style sheet */
    String svg(String label, String style) {
        StringBuilder svg = new StringBuilder(Html.format(
                "<svg class=\"%s\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
                ("chart " + style).strip(), width, HEIGHT, Html.text(label)));
        bands(svg);
        grid(svg);
        int span = noisy ? Math.max(1, values.size() / 15) : 1;
        if (span > 1) {
            line(svg, "raw", values);
        }
        line(svg, "mean", movingMean(span));
        for (Point mark : marks) {
            svg.append(Html.format(
                    "<circle class=\"mark\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>iteration %.0f: %s</title></circle>",
                    x(mark.x), y(mark.y), mark.x, Html.number(mark.y)));
        }
        return svg.append("</svg>\n").toString();
    }

    private double x(double iteration) {
        return LEFT + (iteration - 1) / (right - 1) * (width - LEFT - RIGHT);
    }

    private double y(double value) {
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM);
    }

    private void bands(StringBuilder svg) {
        for (int i = 0; i < stays.size(); i++) {
            RunData.Stay stay = stays.get(i);
            double from = x(Math.max(1, stay.from() - 0.5));
            double to = x(Math.min(right, stay.to() - 0.5));
            String steps = stay.size() == 1
                    ? "step " + stay.start()
                    : "steps %d–%d".formatted(stay.start(), stay.start() + stay.size() - 1);
            svg.append(Html.format(
                    "<g class=\"band%s\"><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>window: %s, iterations %d to"
                            + " %d</title></rect>",
                    i % 2 == 0 ? "" : " odd",
                    from,
                    TOP,
                    to - from,
                    HEIGHT - TOP - BOTTOM,
                    steps,
                    stay.from(),
                    stay.to() - 1));
            if (i > 0) {
                svg.append(Html.format(
                        "<line x1=\"%.1f\" x2=\"%1$.1f\" y1=\"%d\" y2=\"%d\"/>", from, TOP - 4, HEIGHT - BOTTOM));
            }
            String shown = to - from > 2 * LABEL ? steps : steps.replaceFirst("steps? ", "");
            if (to - from > LABEL) {
                svg.append(Html.format(
                        "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>", (from + to) / 2, TOP - 8, shown));
            }
            svg.append("</g>");
        }
    }

    private void grid(StringBuilder svg) {
        double step = step(high - low, 5);
        for (double tick : ticks(low, high, step)) {
            svg.append(Html.format(
                    "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%3$.1f\"/><text class=\"tick\" x=\"%d\" y=\"%.1f\""
                            + " text-anchor=\"end\">%s</text>",
                    LEFT, width - RIGHT, y(tick), LEFT - 8, y(tick) + 4, tickText(tick, step)));
        }
        for (double tick : wholeTicks(right, width / 110)) {
            svg.append(Html.format(
                    "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>",
                    x(tick), HEIGHT - 8, tick));
        }
    }

    /** With as many decimals as the step between ticks has. */
    static String tickText(double tick, double step) {
        if (step < 1e-4 || Math.abs(tick) >= 1e6) {
            String text = Html.number(tick);
            return text.contains(".") ? text.replaceFirst("\\.?0+(e|$)", "$1") : text;
        }
        int decimals = (int) Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
        return Html.format("%." + decimals + "f", tick == 0 ? 0 : tick);
    }

    /** The distance of about {@code count} round numbers in a range: 1, 2 or 5 times a power of ten. */
    static double step(double range, int count) {
        double rough = range / Math.max(1, count);
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        return Stream.of(1.0, 2.0, 5.0, 10.0)
                .map(factor -> factor * power)
                .filter(size -> size >= rough * 0.999)
                .findFirst()
                .orElse(10 * power);
    }

    /** The multiples of a step within a range. */
    static List<Double> ticks(double low, double high, double step) {
        List<Double> ticks = new ArrayList<>();
        for (long k = (long) Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
            ticks.add(k * step);
        }
        return ticks;
    }

    /** The first iteration, and round whole numbers up to the last. */
    static List<Double> wholeTicks(double last, int count) {
        double step = Math.max(1, step(last, count));
        List<Double> ticks = ticks(1, last, step);
        if (ticks.isEmpty() || ticks.get(0) > 1) {
            ticks.add(0, 1.0);
        }
        return ticks;
    }

    private void line(StringBuilder svg, String style, List<Point> points) {
        svg.append(points.stream()
                .map(point -> Html.format("%.1f,%.1f", x(point.x), y(point.y)))
                .collect(Collectors.joining(" ", "<polyline class=\"" + style + "\" points=\"", "\"/>")));
        if (points.size() == 1) {
            svg.append(Html.format(
                    "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>", x(points.get(0).x), y(points.get(0).y)));
        }
    }

    /** The mean of the values around each, fewer at both ends. */
    private List<Point> movingMean(int span) {
        List<Point> means = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            int from = Math.max(0, i - span / 2);
            double mean = values.subList(from, Math.min(values.size(), i + span / 2 + 1)).stream()
                    .mapToDouble(Point::y)
                    .average()
                    .orElseThrow();
            means.add(new Point(values.get(i).x, mean));
        }
        return means;
    }
}
