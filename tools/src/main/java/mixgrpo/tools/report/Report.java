package mixgrpo.tools.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.tools.run.Counted;
import mixgrpo.tools.run.HeldOut;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.run.Summary;
import mixgrpo.trainer.metrics.Metric;

/** The page of a run. A run that is still going on has one too, of what there is. */
public final class Report {

    private static final int WIDE = 1000;
    /** On a narrow screen, such as a phone's, where the wide chart's text would be too small to read. */
    private static final int NARROW = 400;

    private final RunData run;

    private Report(RunData run) {
        this.run = run;
    }

    /**
     * Writes {@code report.html} into a run's folder, as a whole or not at all.
     *
     * @throws IOException if the folder has no configuration, or one of its files cannot be read
     */
    public static void write(RunFolder folder) throws IOException {
        String page = new Report(RunData.read(folder)).page();
        AtomicFile.write(folder.report(), page.getBytes(StandardCharsets.UTF_8));
    }

    private String page() {
        StringBuilder page = new StringBuilder();
        Map<String, HeldOut> heldOut = run.summary().map(Summary::heldOut).orElse(Map.of());
        if (run.summary().isEmpty()) {
            page.append("<p class=\"note\">This run is not finished; the page shows what there is so far.</p>\n");
        } else if (!heldOut.isEmpty()) {
            page.append(HeldOutPart.cards(heldOut));
        }
        page.append(samples()).append(rewards());
        if (!heldOut.isEmpty()) {
            page.append(
                            "<h2>Held-out prompts</h2>\n<p>Neither trained on in this run nor looked at before its end; the same prompts and noise for both"
                                    + " models. Intervals by bootstrap over prompts.</p>\n")
                    .append(HeldOutPart.table("Reward", heldOut));
        }
        page.append(TimePart.of(run));
        if (!run.metrics().isEmpty()) {
            page.append("<h2>Health of the training</h2>\n")
                    .append(MetricsPart.curves(run))
                    .append("<details><summary>All metrics and what they tell</summary>\n")
                    .append(MetricsPart.table(run))
                    .append("</details>\n");
        }
        page.append("<h2>Configuration</h2>\n<details open><summary>config.yaml</summary><pre>")
                .append(Html.text(run.config()))
                .append("</pre></details>\n");
        return Html.page(run.name(), "MixGRPO run", facts(), page.toString());
    }

    private String facts() {
        StringBuilder facts = new StringBuilder();
        int iterations =
                run.summary().map(Summary::iterations).orElse(run.metrics().size());
        facts.append(Counted.of(iterations, "iteration"));
        run.summary()
                .ifPresent(summary -> facts.append(Html.format(
                        " · %s · seed %d · %s memory at most",
                        Html.duration(summary.seconds()), summary.seed(), Html.bytes(summary.peakMemoryBytes()))));
        List<LineChart.Point> speed = run.curve(Metric.IMAGES_PER_SECOND.key());
        if (!speed.isEmpty()) {
            double mean =
                    speed.stream().mapToDouble(LineChart.Point::y).average().orElseThrow();
            facts.append(Html.format(" · %s pictures a second", Html.number(mean)));
        }
        return facts.toString();
    }

    private String samples() {
        if (run.samples().isEmpty()) {
            return "";
        }
        List<RunData.Sample> samples = run.samples();
        StringBuilder html = new StringBuilder(
                        "<h2>Before and after</h2>\n<p>In each pair the base model's picture comes first, then that of the model in training: same"
                                + " prompt, same noise.%s</p>\n"
                                        .formatted(
                                                run.variants(Metric.REWARD_MEAN.key())
                                                                .contains("strict")
                                                        ? " A green frame: all of the prompt is met (the reward strict); a red one: something is not."
                                                        : ""))
                .append(picture(samples.get(samples.size() - 1)));
        if (samples.size() > 1) {
            html.append("<details><summary>On the way</summary>\n<div class=\"small\">");
            samples.subList(0, samples.size() - 1).forEach(sample -> html.append(picture(sample)));
            html.append("</div></details>\n");
        }
        return html.toString();
    }

    private static String picture(RunData.Sample sample) {
        String number = sample.name().replaceFirst("^iteration-0*", "");
        String caption = number.matches("[1-9][0-9]*")
                ? "after " + Counted.of(Long.parseLong(number), "iteration")
                : sample.name();
        return "<figure class=\"pictures\"><img alt=\"%1$s\" src=\"data:image/png;base64,%2$s\"><figcaption>%1$s</figcaption></figure>%n"
                .formatted(Html.text(caption), Base64.getEncoder().encodeToString(sample.png()));
    }

    private String chart(
            int width, String style, String reward, List<LineChart.Point> values, List<LineChart.Point> marks) {
        return new LineChart(width, values, true, marks, run.stays()).svg("reward " + reward, style);
    }

    private String rewards() {
        StringBuilder html = new StringBuilder();
        for (String reward : run.variants(Metric.REWARD_MEAN.key())) {
            List<LineChart.Point> values = run.curve(Metric.REWARD_MEAN.key(reward));
            List<LineChart.Point> marks = run.curve(Metric.EVALUATION_MEAN.key(reward));
            if (!values.isEmpty()) {
                String evaluated = marks.isEmpty() ? "" : " Dots: prompts that are not trained on.";
                html.append(
                        "<figure><figcaption><b>%s</b> <span>mean over the pictures of an iteration.%s</span></figcaption>%s</figure>%n"
                                .formatted(
                                        Html.text(reward),
                                        evaluated,
                                        chart(WIDE, "wide", reward, values, marks)
                                                + chart(NARROW, "slim", reward, values, marks)));
            }
        }
        return html.isEmpty()
                ? ""
                : "<h2>Rewards in training</h2>\n<p>Over iterations. Bands show where the window stood: the steps that ran as SDE and were trained.</p>\n"
                        + html;
    }
}
