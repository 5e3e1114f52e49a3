package mixgrpo.runtime.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneRenderer;
import mixgrpo.runtime.workers.Workers;
import org.apache.commons.rng.core.source64.SplitMix64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RewardsTest {
    private static final String PROMPT = "two red circles and a blue star";
    private static final Image PICTURE = SceneRenderer.render(ScenePrompt.parse(PROMPT), new SplitMix64(3));

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void rewardsScoreTheSamePictureEachInItsWay(int threads) {
        try (Workers workers = new Workers(threads);
                Rewards rewards = Rewards.named(List.of("strict", "scene", "warmth"), workers)) {
            Map<String, Scores> scores =
                    rewards.score(List.of(PICTURE, PICTURE), List.of(PROMPT, "three red circles and a blue star"));
            assertEquals(List.of("strict", "scene", "warmth"), rewards.names());
            assertEquals(rewards.names(), List.copyOf(scores.keySet()));
            assertEquals(List.of(1.0, 0.0), list(scores.get("strict")));
            assertEquals(List.of(1.0, 3 / 5.0), list(scores.get("scene")));
            assertEquals(
                    list(scores.get("warmth")).get(0),
                    list(scores.get("warmth")).get(1));
        }
    }

    private static List<Double> list(Scores scores) {
        return Arrays.stream(scores.values()).boxed().toList();
    }

    @Test
    void anUnknownNameIsAnsweredWithTheNearestAndAllKnown() {
        String message = assertThrows(IllegalArgumentException.class, () -> Rewards.named(List.of("scene", "sharpnes")))
                .getMessage();
        assertTrue(
                message.startsWith(
                        "reward 'sharpnes': none of that name on the class path; did you mean 'sharpness'? Known are jpeg, likeness, scene, sharpness, strict, warmth ("),
                message);
    }

    @Test
    void aPictureThatCannotBeScoredFailsAlone() {
        float[] broken = PICTURE.rgb().clone();
        broken[77] = Float.NaN;
        Scores scores = new SceneReward()
                .score(
                        List.of(new Image(64, 64, broken), PICTURE, PICTURE, new Image(8, 8, new float[192])),
                        List.of(PROMPT, "a red dragon", PROMPT, PROMPT));
        assertEquals(1, scores.values()[2]);
        assertEquals(
                "the image has values that are not finite", scores.failures().get(0));
        assertTrue(scores.failures().get(1).contains("unknown shape 'dragon'"));
        assertTrue(scores.failures().get(3).contains("got an image of 8 x 8"));
        for (int i = 0; i < 4; i++) {
            assertEquals(i != 2, scores.failed(i));
            assertEquals(i != 2, Double.isNaN(scores.values()[i]));
        }
    }

    @Test
    void scoresAreFiniteOrFailures() {
        assertThrows(IllegalArgumentException.class, () -> Scores.of(1, Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> new Scores(new double[] {1}, Map.of(0, "why")));
        Scores infinite = Scores.each(List.of(PICTURE), List.of(PROMPT), (image, prompt) -> 1 / 0.0);
        assertEquals("the score is Infinity", infinite.failures().get(0));
    }

    @Test
    void jpegIsMinusTheSizeOfTheFile() throws IOException {
        BufferedImage picture = PICTURE.toBufferedImage();
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        var writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ImageWriteParam settings = writer.getDefaultWriteParam();
        settings.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        settings.setCompressionQuality(.95f);
        try (var stream = ImageIO.createImageOutputStream(file)) {
            writer.setOutput(stream);
            writer.write(null, new IIOImage(picture, null, null), settings);
        }
        writer.dispose();
        Image blank = new Image(64, 64, new float[3 * 64 * 64]);
        Scores scores = new JpegReward().score(List.of(PICTURE, blank), List.of("", ""));
        assertEquals(-file.size() / 1_000.0, scores.values()[0]);
        assertTrue(scores.values()[1] > scores.values()[0] && scores.values()[1] < -.3);
    }

    @Test
    void sharpnessIsTheDeviationOfTheLaplacian() {
        float[] dot = new float[3 * 5 * 5];
        Arrays.fill(dot, 3 * 12, 3 * 12 + 3, 1); // the middle of 5 x 5: Laplacian -4 there, 1 at its four neighbours
        float[] ramp = new float[3 * 5 * 5];
        for (int i = 0; i < ramp.length; i++) {
            ramp[i] = i / 3 % 5 * .2f;
        }
        Scores scores = new SharpnessReward()
                .score(
                        List.of(new Image(5, 5, dot), new Image(5, 5, ramp), new Image(2, 9, new float[54])),
                        List.of("", "", ""));
        assertEquals(Math.sqrt(20 / 9.0), scores.values()[0], 1e-6);
        assertEquals(0, scores.values()[1], 1e-6);
        assertEquals(
                "sharpness needs at least 3 x 3 pixels, got 2 x 9",
                scores.failures().get(2));
    }

    @Test
    void oneScorePerPictureIsHeldTo() throws IOException {
        assertThrows(
                IllegalArgumentException.class, () -> new JpegReward().score(List.of(PICTURE), List.of("one", "two")));
        try (URLClassLoader classPath = classPathWith(Miscounting.class)) {
            Rewards rewards = Rewards.named(List.of("miscounting"), Workers.one(), classPath);
            String message = assertThrows(
                            IllegalStateException.class, () -> rewards.score(List.of(PICTURE), List.of(PROMPT)))
                    .getMessage();
            assertEquals(
                    "reward 'miscounting' (%s): expected 1 scores, one per image, got 2"
                            .formatted(Miscounting.class.getName()),
                    message);
        }
    }

    @Test
    void twoRewardsOfOneNameAreRefused() throws IOException {
        try (URLClassLoader classPath = classPathWith(Impostor.class)) {
            String message = assertThrows(
                            IllegalArgumentException.class,
                            () -> Rewards.named(List.of("jpeg"), Workers.one(), classPath))
                    .getMessage();
            assertTrue(message.startsWith("two rewards on the class path are named 'scene': "), message);
            assertTrue(message.contains(Impostor.class.getName()), message);
        }
    }

    @Test
    void aNameThatNoConfigurationCouldHoldIsRefused() throws IOException {
        try (URLClassLoader classPath = classPathWith(Nameless.class)) {
            String message = assertThrows(
                            IllegalArgumentException.class,
                            () -> Rewards.named(List.of("jpeg"), Workers.one(), classPath))
                    .getMessage();
            assertTrue(message.contains("a name of letters, digits, - and _, got 'my reward'"), message);
        }
    }

    @Test
    void closingClosesEveryRewardEvenIfOneThrows() throws IOException {
        Miscounting.closed = 0;
        try (URLClassLoader classPath = classPathWith(Miscounting.class)) {
            Rewards rewards = Rewards.named(List.of("miscounting", "scene", "miscounting"), Workers.one(), classPath);
            IllegalStateException thrown = assertThrows(IllegalStateException.class, rewards::close);
            assertEquals(1, thrown.getSuppressed().length);
            assertEquals(2, Miscounting.closed);
        }
    }

    private URLClassLoader classPathWith(Class<? extends Reward> reward) throws IOException {
        Path services = Files.createDirectories(folder.resolve("META-INF/services"));
        Files.writeString(services.resolve(Reward.class.getName()), reward.getName() + "\n");
        return new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader());
    }

    public static class Miscounting implements Reward {
        private static int closed;

        @Override
        public String name() {
            return "miscounting";
        }

        @Override
        public Scores score(List<Image> images, List<String> prompts) {
            return Scores.of(1, 2);
        }

        @Override
        public void close() {
            closed++;
            throw new IllegalStateException("does not close");
        }
    }

    public static class Impostor extends Miscounting {
        @Override
        public String name() {
            return "scene";
        }
    }

    public static class Nameless extends Miscounting {
        @Override
        public String name() {
            return "my reward";
        }
    }
}
