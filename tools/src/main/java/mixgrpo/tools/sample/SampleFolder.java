package mixgrpo.tools.sample;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.LongStream;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.models.weights.Problems;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.image.ImageGrid;
import mixgrpo.runtime.image.PngText;
import mixgrpo.runtime.rollout.Conditioning;
import mixgrpo.runtime.rollout.Drawing;
import mixgrpo.runtime.rollout.NotFiniteException;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Step;
import mixgrpo.tools.failure.RunFailedException;
import mixgrpo.tools.model.Numbers;
import mixgrpo.tools.model.Painter;

/** A folder of pictures: a PNG each, a list of them in JSON, and a grid of the first. */
public final class SampleFolder {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final int GRID_PICTURES = 128;
    private static final int GRID_COLUMNS = 8;
    private static final int GRID_PIXELS = 128;
    private static final int GRID_LARGEST = 384;
    private static final int SLUG_LENGTH = 48;

    private final Path path;
    private final Sample.Settings settings;
    private final ArrayNode list = JsonNodeFactory.instance.arrayNode();
    private final List<ImageGrid.Cell> cells = new ArrayList<>();

    /** @param path of the folder, which exists */
    public SampleFolder(Path path, Sample.Settings settings) {
        this.path = path;
        this.settings = settings;
    }

    /** Pictures that are there, whole. */
    public int written() {
        return list.size();
    }

    /** What was made: a list of {@link Sample#json()}. */
    public Path list() {
        return path.resolve("samples.json");
    }

    /** The first {@value #GRID_PICTURES} pictures: a row a prompt, or a row a picture with its variants side by side. */
    public Path grid() {
        return path.resolve("grid.png");
    }

    /**
     * What to fill it with. Picture i of every prompt has the seed {@code seed + i}.
     *
     * @param variants of every picture: plans that differ in the share of the tuned model, at least one
     * @param prompts what is drawn
     * @param negative the negative prompt, or null
     * @param count pictures of each prompt
     * @param together pictures that are drawn at once, at the most
     */
    public record Contents(
            List<Variant> variants, List<Prompt> prompts, TextEmbedding negative, int count, long seed, int together) {

        /** All pictures, each variant counted. */
        public int pictures() {
            return prompts.size() * count * variants.size();
        }

        private Prompt prompt(int picture) {
            return prompts.get(picture / count);
        }

        private long seed(int picture) {
            return seed + picture % count;
        }
    }

    /**
     * Draws and writes pictures, prompt by prompt.
     *
     * @param progress told the number of steps that are done, those of every picture counted
     * @throws RunFailedException if a picture's latents are no numbers; those before it are there
     */
    public void fill(Painter painter, Contents contents, IntConsumer progress) throws IOException {
        int total = contents.prompts().size() * contents.count();
        for (int start = 0; start < total; start += contents.together()) {
            int first = start;
            int together = Math.min(contents.together(), total - start);
            List<List<Image>> drawn = new ArrayList<>();
            for (Variant variant : contents.variants()) {
                int done = first * contents.variants().size() + drawn.size() * together;
                int steps = variant.plan().steps().size();
                Drawing drawing = drawing(
                        painter,
                        variant,
                        contents,
                        first,
                        together,
                        step -> progress.accept(done * steps + together * (step.index() + 1)));
                try {
                    drawn.add(painter.draw(drawing));
                } catch (NotFiniteException e) {
                    int picture = first + e.row();
                    throw new RunFailedException(
                            "%s, seed %d: %s"
                                    .formatted(
                                            Problems.quoted(
                                                    contents.prompt(picture).text()),
                                            contents.seed(picture),
                                            e.getMessage()),
                            e);
                }
            }
            for (int i = 0; i < together; i++) {
                for (int k = 0; k < drawn.size(); k++) {
                    write(
                            contents,
                            first + i,
                            contents.variants().get(k),
                            drawn.get(k).get(i));
                }
            }
            AtomicFile.write(list(), (JSON.writeValueAsString(list) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        int wanted = contents.variants().size() > 1 ? contents.variants().size() : contents.count();
        int columns = wanted == 1 || wanted > GRID_COLUMNS ? GRID_COLUMNS : wanted;
        int scale = Math.max(1, GRID_PIXELS / settings.size().width());
        AtomicFile.write(grid(), PngText.encode(new ImageGrid(columns, scale).draw(cells), Map.of()));
    }

    private Drawing drawing(
            Painter painter, Variant variant, Contents contents, int first, int together, Consumer<Step> watcher) {
        long[] seeds = LongStream.range(first, first + together)
                .map(picture -> contents.seed((int) picture))
                .toArray();
        List<TextEmbedding> texts = new ArrayList<>();
        List<TextEmbedding> negatives = new ArrayList<>();
        for (int picture = first; picture < first + together; picture++) {
            texts.add(contents.prompt(picture).embedding());
            if (contents.negative() != null) {
                negatives.add(contents.negative());
            }
        }
        Double trueCfg = settings.words().trueCfg();
        PictureNoise noise = PictureNoise.of(settings.method().rng(), seeds, painter.packing());
        return new Drawing(
                variant.plan(),
                new Conditioning(texts, negatives, trueCfg == null ? 1 : trueCfg),
                noise.initial(),
                noise.steps(),
                watcher);
    }

    private void write(Contents contents, int picture, Variant variant, Image image) throws IOException {
        Prompt prompt = contents.prompt(picture);
        boolean compared = contents.variants().size() > 1;
        String words = prompt.text().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        String slug = words.substring(0, Math.min(words.length(), SLUG_LENGTH)).replaceAll("^-+|-+$", "");
        String file = "%03d-%s%d%s.png"
                .formatted(
                        prompt.number() + 1,
                        slug.isEmpty() ? "" : slug + "-",
                        contents.seed(picture),
                        compared ? "-" + variant.label().replace(' ', '-') : "");
        Sample sample = new Sample(file, prompt.text(), contents.seed(picture), variant.pMix(), settings);
        AtomicFile.write(path.resolve(file), PngText.encode(image, sample.texts()));
        list.add(sample.json());
        if (cells.size() < GRID_PICTURES) {
            boolean first = picture % contents.count() == 0
                    && variant.equals(contents.variants().get(0));
            String caption = "%s  %s".formatted(compared ? variant.label() : "", first ? prompt.text() : "");
            cells.add(new ImageGrid.Cell(
                    image.shrunk(Math.max(1, image.width() / GRID_LARGEST)), caption.strip(), ImageGrid.Frame.NONE));
        }
    }

    /**
     * A way to draw every picture.
     *
     * @param pMix share of the steps that the tuned model does; empty without one
     */
    public record Variant(Plan plan, OptionalDouble pMix) {

        String label() {
            return pMix.isPresent() ? "p_mix " + Numbers.plain(pMix.getAsDouble()) : "";
        }
    }
}
