package mixgrpo.runtime.scenes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.geom.Path2D;
import java.util.Arrays;
import java.util.List;
import mixgrpo.runtime.image.Image;
import org.apache.commons.rng.core.source64.SplitMix64;
import org.junit.jupiter.api.Test;

class SceneRendererTest {

    @Test
    void aPictureIsAFunctionOfPromptAndSeed() {
        ScenePrompt prompt = ScenePrompt.parse("three small green stars and a purple ring");
        float[] first = SceneRenderer.render(prompt, new SplitMix64(7)).rgb();
        assertArrayEquals(first, SceneRenderer.render(prompt, new SplitMix64(7)).rgb());
        assertFalse(Arrays.equals(
                first, SceneRenderer.render(prompt, new SplitMix64(8)).rgb()));
    }

    @Test
    void scenesHoldWhatThePromptSays() {
        SplitMix64 random = new SplitMix64(9);
        for (int i = 0; i < 2_000; i++) {
            ScenePrompt prompt = SceneSplit.trainingPrompt(KindWeights.TRAINING, random);
            Scene scene = Scene.arrange(prompt, random);
            assertEquals(prompt.objects(), scene.items().size());
            int next = 0;
            for (ScenePrompt.Group group : prompt.groups()) {
                for (Scene.Item item : scene.items().subList(next, next += group.count())) {
                    assertEquals(group.pair(), new ScenePrompt.Pair(item.colour(), item.shape()));
                    assertTrue(group.size().accepts(item.radius()));
                }
            }
        }
    }

    /** The mean darkness of a black shape on white is its area, to the 1/64 of a pixel that antialiasing resolves. */
    @Test
    void coverageIsTheAreaOfTheShape() {
        for (Shape shape : Shape.values()) {
            Scene.Item item = new Scene.Item(Colour.RED, shape, 31.37, 32.71, 9.3, 0);
            float[] rgb = SceneRenderer.draw(new Scene(0xFFFFFF, List.of(item))).rgb();
            double covered = 0;
            for (int i = 0; i < rgb.length; i += 3) {
                covered += 1 - rgb[i];
            }
            assertEquals(shape.area(), covered / (9.3 * 9.3), .01 * shape.area(), shape::name);
        }
    }

    @Test
    void outlineAndContainsAreTheSameShape() {
        SplitMix64 random = new SplitMix64(10);
        for (Shape shape : Shape.values()) {
            Path2D outline = shape.outline(0, 0, 1);
            int differing = 0;
            for (int i = 0; i < 5_000; i++) {
                double u = random.nextDouble(-1.4, 1.4);
                double v = random.nextDouble(-1.4, 1.4);
                differing += outline.contains(u, v) == shape.contains(u, v) ? 0 : 1;
            }
            assertTrue(differing <= 5, shape + ": " + differing); // the circles of Java2D are splines
            assertTrue(outline.getBounds2D().getWidth() <= 2 * Shape.REACH + 1e-9);
        }
    }

    @Test
    void pixelsLieBetweenObjectAndBackground() {
        Image image = SceneRenderer.draw(new Scene(
                0xF0F0F0, List.of(new Scene.Item(Colour.RED, Shape.CIRCLE, 20.5, 30.5, 8, Colour.rgb(0, 1, .8)))));
        int centre = 3 * (30 * 64 + 20);
        assertEquals(.8, image.rgb()[centre], .003);
        assertEquals(0, image.rgb()[centre + 1]);
        assertEquals(240 / 255f, image.rgb()[0]);
        for (int i = 0; i < image.rgb().length; i += 3) {
            assertTrue(image.rgb()[i] >= .797 && image.rgb()[i] <= .942, "red of pixel " + i / 3);
        }
    }
}
