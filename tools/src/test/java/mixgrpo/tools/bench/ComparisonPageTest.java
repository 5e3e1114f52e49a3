package mixgrpo.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import mixgrpo.tools.bench.Comparison.Cost;
import mixgrpo.tools.bench.Comparison.Entry;
import mixgrpo.tools.bench.Comparison.UnitCost;
import mixgrpo.tools.run.HeldOut;
import org.junit.jupiter.api.Test;

class ComparisonPageTest {

    private static Entry entry(String preset, double seconds, double nfe, double passes) {
        Cost first = new Cost(37, 1, 5, 1.5 * seconds, 1.4 * seconds, nfe + 1, passes, 1.6 * seconds, 1.5 * seconds);
        Cost last = new Cost(112, 4, 8, .5 * seconds, .4 * seconds, nfe - 1, passes, .4 * seconds, .3 * seconds);
        return Entry.of(preset, nfe, 48, List.of(first, last), List.of(new UnitCost("call", 24, .1, .09)));
    }

    private static Comparison comparison() {
        Entry mix = entry("mixgrpo", 4, 19.04, 3.33);
        Entry dance = entry("dancegrpo", 10, 24.08, 13.7);
        return new Comparison("<models> & \"more\"", 7, 2, 3, 0, List.of(mix, dance));
    }

    private static Comparison trained() {
        return comparison()
                .withTrained(60, "mixgrpo", Map.of("<b>scene", new HeldOut(.6, .65, .05, .02, .08, 128)))
                .withTrained(60, "dancegrpo", Map.of("<b>scene", new HeldOut(.6, .62, .02, -.01, .05, 128)));
    }

    @Test
    void aPresetIsTheMeanOfItsIterations() {
        Entry entry = entry("mixgrpo", 4, 19, 3);
        assertEquals(4, entry.secondsPerIteration(), 1e-12);
        assertEquals(.9 * 4, entry.cpuSecondsPerIteration(), 1e-12);
        assertEquals(4, entry.predictedSeconds(), 1e-12);
        assertEquals(19, entry.nfePerImage(), 1e-12);
    }

    @Test
    void theTableComparesWithDanceGrpoOrElseTheFirst() {
        String table = comparison().table();
        assertTrue(table.contains("of dancegrpo\nmixgrpo "), table);
        assertTrue(table.contains("   3.33  0.400\ndancegrpo "), table);
        Comparison one = new Comparison("m", 1, 1, 1, 0, List.of(entry("flash", 2, 9, 3)));
        assertTrue(one.table().contains("of flash\n"), one.table());
        assertTrue(
                trained()
                        .table()
                        .contains(
                                "dancegrpo after 60 iterations, <b>scene on 128 development prompts: 0.620, before 0.600, difference +0.020,"
                                        + " 95 % interval [-0.010, +0.050]\n"),
                trained().table());
    }

    @Test
    void thePageNeedsNothingElseAndEscapesWhatItIsGiven() {
        String page = ComparisonPage.of(trained());
        assertTrue(page.startsWith("<!doctype html>"));
        assertFalse(Pattern.compile("https?:|<script|<link|src=").matcher(page).find());
        assertTrue(page.contains("&lt;models&gt; &amp; &quot;more&quot;"));
        assertTrue(page.contains("<h3>&lt;b&gt;scene</h3>"));
        assertFalse(page.contains("<models>") || page.contains("<b>scene"));
        assertTrue(page.contains("Rewards after 60 iterations"));
        assertFalse(page.contains("%s") || page.contains("%%") || page.contains("null"));
        assertFalse(ComparisonPage.of(comparison()).contains("Rewards after"));
        for (String tag : List.of("div", "table", "tr", "td", "span", "p", "details")) {
            assertEquals(count("<" + tag + "[ >]", page), count("</" + tag + ">", page), tag);
        }
    }

    @Test
    void barsAreAsLongAsTheirNumbers() {
        List<Double> widths = Pattern.compile("style=\"width:([0-9.]+)%\"")
                .matcher(ComparisonPage.of(comparison()))
                .results()
                .map(match -> Double.parseDouble(match.group(1)))
                .toList();
        assertEquals(8, widths.size(), "measured and predicted, network calls, passes, of two presets");
        assertEquals(.4, widths.get(0) / widths.get(2), 1e-3);
        assertEquals(19.04 / 24.08, widths.get(4) / widths.get(5), 1e-3);
        assertEquals(3.33 / 13.7, widths.get(6) / widths.get(7), 1e-3);
    }

    /** Windows at random places: the four iterations have another mean than all. */
    @Test
    void callsOfTheRunAreSaidWhereThoseMeasuredDiffer() {
        Cost cost = new Cost(3, 1, 3, 1, 1, 19.5, 2, 1, 1);
        Entry differs = Entry.of("<fast>", 18.91, 48, List.of(cost), List.of());
        Comparison one = new Comparison("m", 1, 1, 1, 0, List.of(differs));
        assertTrue(
                one.table().contains("\n<fast>: NFE 19.50 of the iterations measured, 18.91 on average over the run\n"),
                one.table());
        String page = ComparisonPage.of(one);
        assertTrue(page.contains("Over its whole run &lt;fast&gt; has 18.91 calls a picture, not 19.50."), page);
        assertFalse(comparison().table().contains("over the run"));
        assertFalse(ComparisonPage.of(comparison()).contains("Over its whole run"));
    }

    private static long count(String pattern, String page) {
        return Pattern.compile(pattern)
                .matcher(page)
                .results()
                .map(MatchResult::group)
                .count();
    }
}
