package mixgrpo.tools.report;

import java.util.Map;
import mixgrpo.tools.run.HeldOut;

/** The outcome on prompts that were not trained on: figures at the top, a table with intervals below. */
public final class HeldOutPart {

    private static final int WIDTH = 220;

    private HeldOutPart() {}

    /** The figures that a reader wants first, one card a reward. */
    static String cards(Map<String, HeldOut> heldOut) {
        StringBuilder html = new StringBuilder("<div class=\"cards\">\n");
        heldOut.forEach((reward, outcome) -> html.append(Html.format(
                """
                <div class="card">
                  <div class="label">%s on %d held-out prompts</div>
                  <div class="figures"><span class="from">%.3f</span> <span class="arrow">→</span> <b>%.3f</b></div>
                  <div class="gain"><span class="%s">%s</span> <span class="interval">%s</span></div>
                </div>
                """,
                Html.text(reward),
                outcome.prompts(),
                outcome.base(),
                outcome.tuned(),
                verdict(outcome),
                Html.signed(outcome.delta()),
                outcome.hasTooFew() ? "too few for an interval" : "95 % interval " + ends(outcome))));
        return html.append("</div>\n").toString();
    }

    /**
     * A line for each outcome.
     *
     * @param what the names of the outcomes are
     */
    public static String table(String what, Map<String, HeldOut> heldOut) {
        double reach = heldOut.values().stream()
                .mapToDouble(outcome -> Math.max(Math.abs(outcome.low()), Math.abs(outcome.high())))
                .max()
                .orElse(0);
        StringBuilder html = new StringBuilder(
                """
                <table>
                <thead><tr><th>%s</th><th class="n">Prompts</th><th class="n">Base</th><th class="n">Tuned</th>
                <th class="n">Change</th><th class="n">95 %% interval</th><th>Interval around 0</th></tr></thead><tbody>
                """
                        .formatted(Html.text(what)));
        heldOut.forEach((reward, outcome) -> html.append(Html.format(
                """
                <tr><td>%s</td><td class="n">%d</td><td class="n">%.3f</td><td class="n">%.3f</td>
                <td class="n"><b class="%s">%s</b></td><td class="n">%s</td><td>%s</td></tr>
                """,
                Html.text(reward),
                outcome.prompts(),
                outcome.base(),
                outcome.tuned(),
                verdict(outcome),
                Html.signed(outcome.delta()),
                outcome.hasTooFew() ? "too few prompts" : ends(outcome),
                outcome.hasTooFew() ? "" : interval(outcome, reach * 1.1 + 1e-9))));
        return html.append("</tbody></table>\n").toString();
    }

    private static String ends(HeldOut outcome) {
        return "%s to %s".formatted(Html.signed(outcome.low()), Html.signed(outcome.high()));
    }

    private static String verdict(HeldOut outcome) {
        return outcome.improved() ? "up" : outcome.worsened() ? "down" : "level";
    }

    private static String interval(HeldOut outcome, double reach) {
        double middle = WIDTH / 2.0;
        double unit = middle / reach;
        return Html.format(
                "<svg class=\"interval %s\" viewBox=\"0 0 %d 20\" width=\"%2$d\" height=\"20\"><line class=\"zero\" x1=\"%.1f\""
                        + " x2=\"%3$.1f\" y1=\"1\" y2=\"19\"/><line class=\"span\" x1=\"%.1f\" x2=\"%.1f\" y1=\"10\" y2=\"10\"/><circle"
                        + " cx=\"%.1f\" cy=\"10\" r=\"4\"/></svg>",
                verdict(outcome),
                WIDTH,
                middle,
                middle + outcome.low() * unit,
                middle + outcome.high() * unit,
                middle + outcome.delta() * unit);
    }
}
