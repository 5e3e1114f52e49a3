package mixgrpo.runtime.scenes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import mixgrpo.runtime.image.Image;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.core.source64.SplitMix64;
import org.junit.jupiter.api.Test;

class SceneLikenessTest {
    private static final ScenePrompt TWO = ScenePrompt.parse("a red circle and a green square");
    private static final Scene.Item CIRCLE = item(Colour.RED, Shape.CIRCLE, 18, 20, 8);
    private static final Scene.Item SQUARE = item(Colour.GREEN, Shape.SQUARE, 46, 44, 8);
    private static final Scene.Item STAR = item(Colour.BLUE, Shape.STAR, 46, 16, 8);

    private final UniformRandomProvider random = new SplitMix64(3);

    @Test
    void truePicturesEarnNearlyAll() {
        List<ScenePrompt> prompts = SceneSplit.developmentPrompts(200);
        double least = prompts.stream()
                .mapToDouble(prompt -> SceneLikeness.of(prompt, SceneRenderer.render(prompt, random)))
                .min()
                .orElseThrow();
        assertTrue(least > .85, "the least likeness of a true picture is " + least);
    }

    @Test
    void nothingEarnsNothing() {
        assertEquals(0, likeness(TWO));
    }

    @Test
    void whatIsMissingOrTooMuchCostsAShare() {
        double both = likeness(TWO, CIRCLE, SQUARE);
        assertTrue(both > .9 && both <= 1, "both: " + both);
        assertEquals(.5, likeness(TWO, CIRCLE), .06);
        assertEquals(2 / 3., likeness(TWO, CIRCLE, SQUARE, STAR), .06);
        assertEquals(
                .5,
                likeness(TWO, CIRCLE, item(Colour.RED, Shape.CIRCLE, 46, 44, 8)),
                .06,
                "a second circle is no square");
    }

    @Test
    void theRelationCountsAsMuchAsAnObject() {
        assertTrue(likeness(ScenePrompt.parse("a red circle left of a green square"), CIRCLE, SQUARE) > .85);
        assertEquals(2 / 3., likeness(ScenePrompt.parse("a red circle right of a green square"), CIRCLE, SQUARE), .06);
    }

    /** From a square to a bar: the verifier's verdict changes once, the likeness all the way. */
    @Test
    void itFallsWithEveryPieceThatIsRubbedOut() {
        ScenePrompt prompt = ScenePrompt.parse("a green square");
        double last = 1.01;
        for (int rows = 2; rows <= 10; rows += 2) {
            Image image =
                    SceneRenderer.draw(new Scene(0xF0F0F0, List.of(item(Colour.GREEN, Shape.SQUARE, 32, 32, 10))));
            for (int i = 0; i < rows * Scene.SIDE; i++) {
                for (int channel = 0; channel < 3; channel++) {
                    image.rgb()[3 * (23 * Scene.SIDE + i) + channel] = 0xF0 / 255f;
                }
            }
            double likeness = SceneLikeness.of(prompt, image);
            assertTrue(likeness < last, "%d rows rubbed out: %.3f after %.3f".formatted(rows, likeness, last));
            last = likeness;
        }
        assertTrue(last < .6, "half a square: " + last);
    }

    private static double likeness(ScenePrompt prompt, Scene.Item... items) {
        return SceneLikeness.of(prompt, SceneRenderer.draw(new Scene(0xF0F0F0, List.of(items))));
    }

    private static Scene.Item item(Colour colour, Shape shape, double x, double y, double radius) {
        return new Scene.Item(colour, shape, x, y, radius, Colour.rgb(colour.hue(), .9, .85));
    }
}
