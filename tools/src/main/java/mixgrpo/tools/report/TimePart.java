package mixgrpo.tools.report;

import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.Phase;

/** Where the time went: a bar and a table by phase. */
final class TimePart {

    private TimePart() {}

    static String of(RunData run) {
        Map<String, Double> seconds = new LinkedHashMap<>();
        double phases = 0;
        for (Phase phase : Phase.values()) {
            double sum = run.sum(Metric.SECONDS.key(phase.key()));
            seconds.put(phase.key(), sum);
            phases += sum;
        }
        double total = Math.max(phases, run.sum(Metric.ITERATION_SECONDS.key()));
        if (total == 0) {
            return "";
        }
        seconds.put("rest", total - phases);
        StringBuilder bar = new StringBuilder("<div class=\"bar\">");
        StringBuilder rows = new StringBuilder();
        int count = run.metrics().size();
        int colour = 0;
        for (Map.Entry<String, Double> phase : seconds.entrySet()) {
            double share = phase.getValue() / total;
            bar.append(Html.format(
                    "<span class=\"p%d\" style=\"width:%.2f%%\" title=\"%s: %.1f %%\"></span>",
                    colour, 100 * share, phase.getKey(), 100 * share));
            rows.append(Html.format(
                    "<tr><td><i class=\"p%d\"></i>%s</td><td class=\"n\">%s</td><td class=\"n\">%.3f s</td><td class=\"n\">%.1f"
                            + " %%</td></tr>%n",
                    colour++, phase.getKey(), Html.duration(phase.getValue()), phase.getValue() / count, 100 * share));
        }
        return """
                <h2>Time</h2>
                %s</div>
                <table class="narrow">
                <thead><tr><th>Phase</th><th class="n">All iterations</th><th class="n">One iteration</th><th class="n">Share</th></tr></thead>
                <tbody>
                %s</tbody></table>
                """
                .formatted(bar, rows);
    }
}
