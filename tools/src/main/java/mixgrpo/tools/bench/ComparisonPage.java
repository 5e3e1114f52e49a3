package mixgrpo.tools.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import mixgrpo.tools.bench.Comparison.Cost;
import mixgrpo.tools.bench.Comparison.Entry;
import mixgrpo.tools.report.HeldOutPart;
import mixgrpo.tools.report.Html;
import mixgrpo.tools.run.Counted;
import mixgrpo.tools.run.HeldOut;

/** A comparison as a page that opens offline: bars, tables, and what was done to get them. */
public final class ComparisonPage {

    private final Comparison comparison;

    private ComparisonPage(Comparison comparison) {
        this.comparison = comparison;
    }

    /** The page as HTML. */
    public static String of(Comparison comparison) {
        return new ComparisonPage(comparison).page();
    }

    /** One colour of bars. */
    private record Series(String name, String colour, ToDoubleFunction<Entry> value) {}

    private String page() {
        String facts = Html.format(
                "model %s · seed %d · %s · median of %s",
                Html.text(comparison.model()),
                comparison.seed(),
                Counted.of(comparison.threads(), "thread"),
                Counted.of(comparison.repetitions(), "repetition"));
        return Html.page("Presets compared", "MixGRPO", facts, costs() + trained() + iterations() + units());
    }

    private String costs() {
        return """
                <p>What an iteration costs with each preset: same model, prompts and seed, measured in turn in one process. The prediction is
                not made from these iterations: network calls, training passes and everything else that an iteration consists of were
                measured by themselves in between, and are added up as often as the preset needs them.</p>
                <h2>Seconds an iteration</h2>
                """
                + bars(
                        new Series("measured", "p0", Entry::secondsPerIteration),
                        new Series("predicted", "p1", Entry::predictedSeconds))
                + "<h2>Network calls a picture, in sampling</h2>\n"
                + "<p>A call that serves several pictures of a prompt counts for each its part.</p>\n"
                + bars(new Series("network calls", "p3", Entry::nfePerImage))
                + "<h2>Training passes a picture</h2>\n"
                + "<p>Latents that went through the trained network; one that several pictures share counts once a minibatch.</p>\n"
                + bars(new Series("training passes", "p2", Entry::trainPassesPerImage))
                + table();
    }

    /** A bar for every preset and series, on one scale. */
    private String bars(Series... series) {
        List<Entry> entries = comparison.presets();
        double longest = 0;
        for (Series one : series) {
            longest = Math.max(
                    longest, entries.stream().mapToDouble(one.value()).max().orElse(0));
        }
        StringBuilder html = new StringBuilder("<div class=\"bars\">\n");
        for (Entry entry : entries) {
            html.append(Html.format("<div class=\"label\">%s</div><div>", Html.text(entry.preset())));
            for (Series one : series) {
                double value = one.value().applyAsDouble(entry);
                html.append(Html.format(
                        "<div class=\"length\" title=\"%s\"><span class=\"%s\" style=\"width:%.2f%%\"></span>%.2f%s</div>",
                        one.name(),
                        one.colour(),
                        longest == 0 ? 0 : 80 * value / longest,
                        value,
                        series.length > 1 ? " " + one.name() : ""));
            }
            html.append("</div>\n");
        }
        return html.append("</div>\n").toString();
    }

    private String table() {
        Entry baseline = comparison.baseline();
        StringBuilder rows = new StringBuilder();
        for (Entry entry : comparison.presets()) {
            rows.append(Html.format(
                    """
                    <tr><td>%s</td><td class="n">%.2f s</td><td class="n">%.2f s</td><td class="n">%.2f s</td><td class="n">%.3f</td>
                    <td class="n">%.2f</td><td class="n">%.2f</td><td class="n">%.3f</td></tr>
                    """,
                    Html.text(entry.preset()),
                    entry.secondsPerIteration(),
                    entry.cpuSecondsPerIteration(),
                    entry.predictedSeconds(),
                    entry.predictedShare(),
                    entry.nfePerImage(),
                    entry.trainPassesPerImage(),
                    entry.of(baseline)));
        }
        return """
                <h2>In figures</h2>
                <p>Of an iteration, the mean over those below.%s</p>
                <table><thead><tr><th>Preset</th><th class="n">Wall</th><th class="n">Processor</th><th class="n">Predicted</th>
                <th class="n">Predicted / wall</th><th class="n">Calls a picture</th><th class="n">Passes a picture</th>
                <th class="n">Of %s</th></tr></thead><tbody>
                %s</tbody></table>
                """
                .formatted(ofRuns(), Html.text(baseline.preset()), rows);
    }

    /** Where the iterations that were measured do not have the run's mean of network calls, that mean. */
    private String ofRuns() {
        StringBuilder html = new StringBuilder();
        for (Entry entry : comparison.presets()) {
            if (entry.differsFromRun()) {
                html.append(Html.format(
                        " Over its whole run %s has %.2f calls a picture, not %.2f.",
                        Html.text(entry.preset()), entry.runNfePerImage(), entry.nfePerImage()));
            }
        }
        return html.toString();
    }

    private String trained() {
        Map<String, Map<String, HeldOut>> byReward = new LinkedHashMap<>();
        for (Entry entry : comparison.presets()) {
            entry.trained().forEach((reward, outcome) -> byReward.computeIfAbsent(reward, r -> new LinkedHashMap<>())
                    .put(entry.preset(), outcome));
        }
        if (byReward.isEmpty()) {
            return "";
        }
        StringBuilder html = new StringBuilder(Html.format(
                """
                <h2>Rewards after %d iterations</h2>
                <p>Each preset was trained for %1$d iterations from the same start, as tools/train does with iterations=%1$d, and drew
                development prompts before and after, which are not trained on, with the same noise. Intervals by bootstrap over
                prompts: they say how sure the change is for other prompts, not for another seed of the training. Iterations are counted, not
                seconds: what they cost differs as above.</p>
                """,
                comparison.trainedIterations()));
        byReward.forEach((reward, outcomes) ->
                html.append(Html.format("<h3>%s</h3>%n%s", Html.text(reward), HeldOutPart.table("Preset", outcomes))));
        return html.toString();
    }

    private String iterations() {
        StringBuilder rows = new StringBuilder();
        for (Entry entry : comparison.presets()) {
            for (Cost cost : entry.iterations()) {
                rows.append(Html.format(
                        """
                        <tr><td>%s</td><td class="n">%d</td><td>[%d, %d)</td><td class="n">%.2f s</td><td class="n">%.2f s</td>
                        <td class="n">%.3f</td><td class="n">%.2f</td><td class="n">%.2f</td></tr>
                        """,
                        Html.text(entry.preset()),
                        cost.iteration() + 1,
                        cost.windowStart(),
                        cost.windowEnd(),
                        cost.secondsPerIteration(),
                        cost.predictedSeconds(),
                        cost.predictedSeconds() / cost.secondsPerIteration(),
                        cost.nfePerImage(),
                        cost.trainPassesPerImage()));
            }
        }
        return """
                <h2>By iteration</h2>
                <p>What was measured: of each preset's iterations, put in the order of their windows, those at an eighth, three, five and seven
                eighths. Steps before a window are computed once for all pictures of a prompt, so that later windows cost less. Pictures of a prompt whose rewards are all equal teach nothing and
                are not trained on; unless other rewards were given, a little of jpeg is in them here, so that this does not happen.</p>
                <table><thead><tr><th>Preset</th><th class="n">Iteration</th><th>Stochastic steps</th><th class="n">Wall</th>
                <th class="n">Predicted</th><th class="n">Predicted / wall</th><th class="n">Calls a picture</th>
                <th class="n">Passes a picture</th></tr></thead><tbody>
                %s</tbody></table>
                """
                .formatted(rows);
    }

    private String units() {
        StringBuilder rows = new StringBuilder();
        for (Entry entry : comparison.presets()) {
            for (Comparison.UnitCost unit : entry.units()) {
                rows.append(Html.format(
                        "<tr><td>%s</td><td>%s</td><td class=\"n\">%s</td><td class=\"n\">%.4f s</td><td class=\"n\">%.4f s</td></tr>%n",
                        Html.text(entry.preset()),
                        Html.text(unit.part()),
                        unit.rows() == 0 ? "–" : unit.rows(),
                        unit.seconds(),
                        unit.cpuSeconds()));
            }
        }
        return """
                <details><summary>What the predictions are made of: each part done once, by itself</summary>
                <table><thead><tr><th>Preset</th><th>Part</th><th class="n">Latents</th><th class="n">Wall</th>
                <th class="n">Processor</th></tr></thead><tbody>
                %s</tbody></table></details>
                """
                .formatted(rows);
    }
}
