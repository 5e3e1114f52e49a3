package mixgrpo.tools.report;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import mixgrpo.trainer.metrics.Metric;

/** The curves that tell whether training is healthy, and what every number means. */
final class MetricsPart {

    private static final int SMALL = 490;
    private static final Set<Metric> CURVES = Set.of(
            Metric.REWARD_STD,
            Metric.RATIO_DEVIATION,
            Metric.CLIP_FRACTION,
            Metric.GRADIENT_NORM,
            Metric.LEARNING_RATE,
            Metric.LOG_PROB_DEVIATION_MEAN,
            Metric.ADVANTAGE_ZERO_GROUPS,
            Metric.NFE);

    /** What the schedule sets, and chance does not touch. */
    private static final Set<Metric> SET = Set.of(Metric.LEARNING_RATE, Metric.NFE);

    private MetricsPart() {}

    static String curves(RunData run) {
        StringBuilder html = new StringBuilder("<div class=\"small\">\n");
        for (String name : run.names()) {
            Optional<Metric> metric = Metric.of(name);
            List<LineChart.Point> values = run.curve(name);
            if (metric.isPresent() && CURVES.contains(metric.get()) && !values.isEmpty()) {
                html.append(Html.format(
                        "<figure><figcaption><b>%s</b> <span>%s</span></figcaption>%s<p>%s</p></figure>%n",
                        Html.text(name),
                        metric.get().unit().equals("1") ? "" : metric.get().unit(),
                        new LineChart(SMALL, values, !SET.contains(metric.get()), List.of(), run.stays()).svg(name),
                        metric.get().meaning()));
            }
        }
        return html.append("</div>\n").toString();
    }

    static String table(RunData run) {
        StringBuilder html = new StringBuilder(
                """
                <table>
                <thead><tr><th>Name</th><th>Unit</th><th class="n">First</th><th class="n">Last</th><th>What it tells</th></tr></thead><tbody>
                """);
        for (String name : run.names()) {
            List<LineChart.Point> values = run.curve(name);
            Optional<Metric> metric = Metric.of(name);
            if (metric.isPresent() && !values.isEmpty()) {
                html.append(Html.format(
                        "<tr><td><code>%s</code></td><td>%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td>%s</td></tr>%n",
                        Html.text(name),
                        metric.get().unit(),
                        Html.number(values.get(0).y()),
                        Html.number(values.get(values.size() - 1).y()),
                        metric.get().meaning()));
            }
        }
        return html.append("</tbody></table>\n").toString();
    }
}
