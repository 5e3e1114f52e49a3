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
import java.util.function.IntConsumer;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.image.ImageGrid;
import mixgrpo.runtime.image.PngText;
import mixgrpo.runtime.noise.Noise;
import mixgrpo.runtime.noise.NoiseKey;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.tools.model.Painter;
import mixgrpo.tools.run.RunFolder;

/** A folder of pictures: a PNG each, a list of them in JSON, and a grid of the first. */
public final class SampleFolder {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final int DRAWN_TOGETHER = 24;
    private static final int GRID_PICTURES = 128;
    private static final int GRID_COLUMNS = 8;
    private static final int GRID_PIXELS = 128;
    private static final int SLUG_LENGTH = 48;

    private final Path path;
    private final Sample.Settings settings;

    /** @param path of the folder, which exists */
    public SampleFolder(Path path, Sample.Settings settings) {
        this.path = path;
        this.settings = settings;
    }

    /** What was made: a list of {@link Sample#json()}. */
    public Path list() {
        return path.resolve("samples.json");
    }

    /** The first {@value #GRID_PICTURES} pictures, a row a prompt. */
    public Path grid() {
        return path.resolve("grid.png");
    }

    /**
     * Draws and writes pictures, prompt by prompt. Picture i of every prompt has the seed {@code seed + i}.
     *
     * @param count pictures of each prompt
     * @param progress told the number of pictures written
     */
    public void fill(Painter painter, Plan plan, List<Prompt> prompts, int count, long seed, IntConsumer progress)
            throws IOException {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        List<ImageGrid.Cell> cells = new ArrayList<>();
        int total = prompts.size() * count;
        for (int start = 0; start < total; start += DRAWN_TOGETHER) {
            int together = Math.min(DRAWN_TOGETHER, total - start);
            List<TextEmbedding> texts = new ArrayList<>();
            float[][] noise = new float[together][painter.elements()];
            for (int i = 0; i < together; i++) {
                texts.add(prompts.get((start + i) / count).embedding());
                Noise.fill(noise[i], NoiseKey.of(seed + (start + i) % count, NoiseKey.Stream.INITIAL_LATENT));
            }
            List<Image> pictures = painter.draw(plan, texts, noise);
            for (int i = 0; i < together; i++) {
                int image = (start + i) % count;
                Prompt prompt = prompts.get((start + i) / count);
                Sample sample = sample(prompt, seed + image);
                RunFolder.writeWhole(path.resolve(sample.file()), PngText.encode(pictures.get(i), sample.texts()));
                list.add(sample.json());
                if (cells.size() < GRID_PICTURES) {
                    String caption = image == 0 ? prompt.text() : "";
                    cells.add(new ImageGrid.Cell(pictures.get(i), caption, ImageGrid.Frame.NONE));
                }
            }
            RunFolder.writeWhole(list(), (JSON.writeValueAsString(list) + "\n").getBytes(StandardCharsets.UTF_8));
            progress.accept(start + together);
        }
        int columns = count == 1 || count > GRID_COLUMNS ? GRID_COLUMNS : count;
        Image grid = new ImageGrid(columns, Math.max(1, GRID_PIXELS / settings.width())).draw(cells);
        RunFolder.writeWhole(grid(), PngText.encode(grid, Map.of()));
    }

    private Sample sample(Prompt prompt, long seed) {
        String words = prompt.text().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        String slug = words.substring(0, Math.min(words.length(), SLUG_LENGTH)).replaceAll("^-+|-+$", "");
        String file = "%03d-%s%d.png".formatted(prompt.number() + 1, slug.isEmpty() ? "" : slug + "-", seed);
        return new Sample(file, prompt.text(), seed, settings);
    }
}
