package mixgrpo.runtime.scenes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.scenes.ScenePrompt.Group;
import mixgrpo.runtime.scenes.SceneVerifier.Constraint;
import mixgrpo.runtime.scenes.SceneVerifier.Verdict;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.core.source64.SplitMix64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SceneVerifierTest {
    private static final int SCENES = 250;

    private final UniformRandomProvider random = new SplitMix64(11);

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aPictureOfThePromptMeetsEveryConstraint(Kind kind) {
        assertStrict(kind, image -> image);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aBlurredAndNoisyPictureStillDoes(Kind kind) {
        assertStrict(kind, image -> noisy(blurred(image, 1.1), .05));
    }

    private void assertStrict(Kind kind, UnaryOperator<Image> spoil) {
        int met = 0;
        for (int i = 0; i < SCENES; i++) {
            ScenePrompt prompt = prompt(kind);
            met += SceneVerifier.verify(prompt, spoil.apply(SceneRenderer.render(prompt, random)))
                            .strict()
                    ? 1
                    : 0;
        }
        assertTrue(met >= .98 * SCENES, "%d of %d".formatted(met, SCENES));
    }

    @Test
    void anotherColourBreaksThePrompt() {
        assertBroken(prompt -> true, prompt -> {
            List<Scene.Item> items =
                    new ArrayList<>(Scene.arrange(prompt, random).items());
            int changed = random.nextInt(items.size());
            Scene.Item item = items.get(changed);
            Colour other = another(Colour.values(), item.colour());
            int rgb = Colour.rgb(other.hue(), random.nextDouble(.8, 1), random.nextDouble(.78, .95));
            items.set(changed, new Scene.Item(other, item.shape(), item.x(), item.y(), item.radius(), rgb));
            return new Scene(0xF4F4F0, items);
        });
    }

    @Test
    void anotherShapeBreaksThePrompt() {
        assertBroken(prompt -> true, prompt -> {
            List<Scene.Item> items =
                    new ArrayList<>(Scene.arrange(prompt, random).items());
            int changed = random.nextInt(items.size());
            Scene.Item item = items.get(changed);
            Shape other = another(Shape.values(), item.shape());
            items.set(changed, new Scene.Item(item.colour(), other, item.x(), item.y(), item.radius(), item.rgb()));
            return new Scene(0xF4F4F0, items);
        });
    }

    @Test
    void oneMoreOrOneLessBreaksThePrompt() {
        assertBroken(prompt -> prompt.kind() == Kind.COUNT || prompt.kind() == Kind.COUNT_AND_ONE, prompt -> {
            List<Group> groups = new ArrayList<>(prompt.groups());
            Group first = groups.get(0);
            int most = prompt.kind() == Kind.COUNT && first.size() != Size.LARGE ? 4 : first.count();
            int count = first.count() < most && random.nextBoolean() ? first.count() + 1 : first.count() - 1;
            groups.set(0, new Group(count, first.size(), first.colour(), first.shape()));
            return Scene.arrange(new ScenePrompt(groups, Optional.empty()), random);
        });
    }

    @Test
    void theOppositeRelationBreaksThePrompt() {
        assertBroken(prompt -> prompt.kind() == Kind.RELATION, prompt -> {
            Scene scene = Scene.arrange(prompt, random);
            return new Scene(
                    scene.background(),
                    scene.items().stream()
                            .map(item -> new Scene.Item(
                                    item.colour(),
                                    item.shape(),
                                    Scene.SIDE - item.x(),
                                    Scene.SIDE - item.y(),
                                    item.radius(),
                                    item.rgb()))
                            .toList());
        });
    }

    @Test
    void anotherSizeBreaksThePrompt() {
        assertBroken(prompt -> prompt.groups().get(0).size() != Size.ANY, prompt -> {
            List<Group> groups = new ArrayList<>(prompt.groups());
            Group first = groups.get(0);
            Size other = first.size() == Size.LARGE && random.nextBoolean() ? Size.SMALL : Size.ANY;
            groups.set(0, new Group(first.count(), other, first.colour(), first.shape()));
            return Scene.arrange(new ScenePrompt(groups, prompt.relation()), random);
        });
    }

    /** The broken scene still must meet at least one constraint, or the pair would not be minimal. */
    private void assertBroken(Predicate<ScenePrompt> suitable, Function<ScenePrompt, Scene> broken) {
        int failed = 0;
        for (int i = 0; i < SCENES; i++) {
            ScenePrompt prompt = prompt(suitable);
            Verdict verdict = SceneVerifier.verify(prompt, SceneRenderer.draw(broken.apply(prompt)));
            failed += verdict.strict() ? 0 : 1;
            assertTrue(verdict.fraction() > 0, prompt + ": " + verdict);
        }
        assertTrue(failed >= .97 * SCENES, "%d of %d".formatted(failed, SCENES));
    }

    @Test
    void blankAndNoisePicturesMeetNoPrompt() {
        for (int i = 0; i < SCENES / 4; i++) {
            ScenePrompt prompt = prompt(any -> true);
            Image blank = SceneRenderer.draw(new Scene(random.nextInt(1 << 24), List.of()));
            assertEquals(0, SceneVerifier.verify(prompt, blank).fraction());
            float[] rgb = new float[3 * Scene.SIDE * Scene.SIDE];
            for (int j = 0; j < rgb.length; j++) {
                rgb[j] = random.nextFloat();
            }
            Image uniform = new Image(Scene.SIDE, Scene.SIDE, rgb);
            assertFalse(SceneVerifier.verify(prompt, uniform).strict());
            assertFalse(SceneVerifier.verify(prompt, blurred(uniform, 2)).strict());
            assertFalse(SceneVerifier.verify(prompt, noisy(blank, .3)).strict());
        }
    }

    @Test
    void anExtraObjectAlwaysBreaksThePrompt() {
        int drawn = 0;
        while (drawn < SCENES) {
            ScenePrompt prompt = prompt(any -> true);
            Scene scene = Scene.arrange(prompt, random);
            Colour colour = another(Colour.values(), null);
            Scene.Item extra = new Scene.Item(
                    colour,
                    another(Shape.values(), null),
                    random.nextDouble(10, 54),
                    random.nextDouble(10, 54),
                    random.nextDouble(5.6, 7),
                    Colour.rgb(colour.hue(), .9, .9));
            if (scene.items().stream()
                    .allMatch(item -> Math.hypot(item.x() - extra.x(), item.y() - extra.y())
                            > 1.25 * (item.radius() + extra.radius()) + 2)) {
                List<Scene.Item> items = new ArrayList<>(scene.items());
                items.add(extra);
                Verdict verdict =
                        SceneVerifier.verify(prompt, SceneRenderer.draw(new Scene(scene.background(), items)));
                assertFalse(verdict.strict(), prompt + " and " + extra);
                drawn++;
            }
        }
    }

    @Test
    void picturesOfOtherPromptsEarnLittle() {
        double sum = 0;
        for (int i = 0; i < SCENES; i++) {
            Image other = SceneRenderer.render(prompt(any -> true), random);
            sum += SceneVerifier.verify(prompt(any -> true), other).fraction();
        }
        assertTrue(sum < .15 * SCENES, "mean " + sum / SCENES);
    }

    @Test
    void radiusAndPlaceAreMeasured() {
        for (int i = 0; i < SCENES; i++) {
            Scene scene = Scene.arrange(prompt(Kind.SINGLE), random);
            Scene.Item item = scene.items().get(0);
            DetectedObject found =
                    SceneVerifier.detect(SceneRenderer.draw(scene)).get(0);
            assertEquals(item.radius(), found.looks().radius(), .04 * item.radius(), item::toString);
            assertEquals(item.x(), found.x(), .2, item::toString);
            assertEquals(item.y(), found.y(), .2, item::toString);
        }
    }

    @Test
    void constraintsAreThoseOfTheDocumentation() {
        ScenePrompt prompt = ScenePrompt.parse("a blue square left of a yellow triangle");
        Scene.Item square = item(Colour.BLUE, Shape.SQUARE, 45, 30, 8);
        Scene.Item triangle = item(Colour.YELLOW, Shape.TRIANGLE, 15, 30, 8);
        Verdict verdict =
                SceneVerifier.verify(prompt, SceneRenderer.draw(new Scene(0xFFFFFF, List.of(square, triangle))));
        assertEquals(
                List.of(
                        new Constraint("a blue square: present", true),
                        new Constraint("a blue square: exact count", true),
                        new Constraint("a yellow triangle: present", true),
                        new Constraint("a yellow triangle: exact count", true),
                        new Constraint("left of", false),
                        new Constraint("nothing else", true)),
                verdict.constraints());
        assertEquals(5 / 6.0, verdict.fraction());
        assertFalse(verdict.strict());
    }

    @Test
    void aPhraseWithoutSizeWordAcceptsAnySize() {
        for (double radius : new double[] {5.7, 8, 11.5}) {
            Image picture =
                    SceneRenderer.draw(new Scene(0xFFFFFF, List.of(item(Colour.PINK, Shape.STAR, 30, 30, radius))));
            assertTrue(SceneVerifier.verify(ScenePrompt.parse("a pink star"), picture)
                    .strict());
            assertEquals(
                    radius < 6,
                    SceneVerifier.verify(ScenePrompt.parse("a small pink star"), picture)
                            .strict());
            assertEquals(
                    radius > 11,
                    SceneVerifier.verify(ScenePrompt.parse("a large pink star"), picture)
                            .strict());
        }
    }

    /** A speck beside the objects, one in the middle of one and a nibbled edge: nobody would call that another picture. */
    @Test
    void smallBlemishesAreOverlooked() {
        ScenePrompt prompt = ScenePrompt.parse("a red circle and a green square");
        Image picture = SceneRenderer.draw(new Scene(
                0xF0F0F0,
                List.of(item(Colour.RED, Shape.CIRCLE, 18, 20, 9), item(Colour.GREEN, Shape.SQUARE, 44, 42, 8))));
        paint(picture, 50, 8, 3, 3, 0x0000FF);
        paint(picture, 17, 19, 3, 2, 0xFFFFFF);
        paint(picture, 44, 34, 3, 3, 0xF0F0F0);
        assertTrue(SceneVerifier.verify(prompt, picture).strict());
        paint(picture, 48, 6, 8, 8, 0x0000FF);
        assertFalse(SceneVerifier.verify(prompt, picture).strict());
    }

    @Test
    void aPatchworkHasNoColour() {
        Image picture = SceneRenderer.draw(new Scene(0xF0F0F0, List.of(item(Colour.RED, Shape.SQUARE, 30, 30, 9))));
        paint(picture, 22, 22, 8, 17, 0x2040E0);
        List<DetectedObject> found = SceneVerifier.detect(picture);
        assertEquals(1, found.size());
        assertEquals(Optional.empty(), found.get(0).colour());
    }

    @Test
    void aMosaicHasNeitherColourNorShape() {
        Image picture = SceneRenderer.draw(new Scene(0, List.of()));
        for (int i = 0; i < 15 * 15; i++) {
            paint(picture, 20 + i % 15, 20 + i / 15, 1, 1, 0xFF0000 >> i % 3 * 8);
        }
        List<DetectedObject> found = SceneVerifier.detect(picture);
        assertEquals(1, found.size());
        assertEquals(Optional.empty(), found.get(0).colour());
        assertEquals(Optional.empty(), found.get(0).shape());
    }

    @Test
    void anotherImageSizeIsRefused() {
        String message = assertThrows(
                        IllegalArgumentException.class, () -> SceneVerifier.detect(new Image(32, 64, new float[6144])))
                .getMessage();
        assertEquals("scenes are 64 x 64 pixels, got an image of 32 x 64", message);
    }

    private ScenePrompt prompt(Kind kind) {
        return prompt(prompt -> prompt.kind() == kind);
    }

    /** Every pair of colour and shape occurs here, held out or not. */
    private ScenePrompt prompt(Predicate<ScenePrompt> suitable) {
        while (true) {
            Kind kind = another(Kind.values(), null);
            List<ScenePrompt.Pair> pairs = new ArrayList<>();
            while (pairs.size() < kind.phrases()) {
                var pair = new ScenePrompt.Pair(another(Colour.values(), null), another(Shape.values(), null));
                if (!pairs.contains(pair)) {
                    pairs.add(pair);
                }
            }
            ScenePrompt prompt = ScenePrompt.draw(kind, pairs, random);
            if (suitable.test(prompt)) {
                return prompt;
            }
        }
    }

    private <E> E another(E[] values, E than) {
        List<E> others =
                Arrays.stream(values).filter(value -> !value.equals(than)).toList();
        return others.get(random.nextInt(others.size()));
    }

    private static Scene.Item item(Colour colour, Shape shape, double x, double y, double radius) {
        return new Scene.Item(colour, shape, x, y, radius, Colour.rgb(colour.hue(), .9, .9));
    }

    private static void paint(Image image, int left, int top, int width, int height, int rgb) {
        for (int y = top; y < top + height; y++) {
            for (int x = left; x < left + width; x++) {
                for (int c = 0; c < 3; c++) {
                    image.rgb()[3 * (y * Scene.SIDE + x) + c] = (rgb >> 16 - 8 * c & 0xFF) / 255f;
                }
            }
        }
    }

    private Image noisy(Image image, double deviation) {
        Random normal = new Random(random.nextLong());
        float[] rgb = image.rgb().clone();
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] += (float) (deviation * normal.nextGaussian());
        }
        return new Image(image.width(), image.height(), rgb);
    }

    /** Gaussian blur, the border pixels repeated outwards. */
    private static Image blurred(Image image, double deviation) {
        float[] across = blurred(image.rgb(), deviation, 3);
        return new Image(image.width(), image.height(), blurred(across, deviation, 3 * Scene.SIDE));
    }

    private static float[] blurred(float[] rgb, double deviation, int stride) {
        int reach = (int) Math.ceil(3 * deviation);
        double[] kernel = new double[2 * reach + 1];
        for (int i = -reach; i <= reach; i++) {
            kernel[i + reach] = Math.exp(-i * i / (2 * deviation * deviation));
        }
        double sum = Arrays.stream(kernel).sum();
        float[] result = new float[rgb.length];
        for (int at = 0; at < rgb.length; at++) {
            int place = at / stride % Scene.SIDE;
            double value = 0;
            for (int i = -reach; i <= reach; i++) {
                int from = Math.min(Scene.SIDE - 1, Math.max(0, place + i));
                value += kernel[i + reach] * rgb[at + (from - place) * stride];
            }
            result[at] = (float) (value / sum);
        }
        return result;
    }
}
