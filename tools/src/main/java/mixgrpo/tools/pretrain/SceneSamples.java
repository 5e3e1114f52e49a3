package mixgrpo.tools.pretrain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.image.ImageGrid;
import mixgrpo.runtime.image.PngText;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.reward.Rewards;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.scenes.Scene;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneSplit;
import mixgrpo.runtime.text.TextEncoder;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.Painter;
import mixgrpo.tools.model.PromptTexts;
import mixgrpo.trainer.evaluate.Evaluation;

/** Pictures of the world's prompts by a model, drawn in {@value #STEPS} Euler steps and scored. Used by one thread at a time. */
public final class SceneSamples implements AutoCloseable {

    /** Euler steps of every picture. */
    static final int STEPS = 10;

    static final List<String> REWARDS = List.of("scene", "strict");

    private static final int GRID_PROMPTS = 24;
    private static final int GRID_COLUMNS = 8;
    private static final int GRID_SCALE = 2;

    private final OpenResources open = new OpenResources();
    private final TextEncoder encoder;
    private final Rewards rewards;
    private final Painter painter;
    private final Plan plan;

    public SceneSamples(ImageModel model) {
        TransformerInputs inputs = model.inputs(Scene.SIDE, Scene.SIDE, 1);
        try {
            encoder = open.add(new TextEncoder(ImageModel.BUILT_IN_TEXT_LENGTH));
            rewards = open.add(Rewards.named(REWARDS));
            painter = open.add(new Painter(model, model.weights(), inputs));
        } catch (RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
        plan = Plan.ode(model.schedule(STEPS, inputs.packing().tokens()), DpmSolver.FIRST_ORDER);
    }

    /** From now on draws with these weights of the transformer. */
    public void update(Weights weights) {
        painter.update(weights);
    }

    /** The first of the development prompts. */
    static List<String> developmentPrompts(int count) {
        return SceneSplit.developmentPrompts(count).stream()
                .map(ScenePrompt::text)
                .toList();
    }

    /**
     * Draws and scores.
     *
     * @param first number of the first prompt, which its noise follows
     * @param seeds pictures of each prompt
     * @param progress told the number of pictures drawn
     */
    Evaluation.Result measure(List<String> texts, int first, int seeds, IntConsumer progress) {
        List<Prompt> prompts = PromptTexts.encoded(texts, first, encoder, done -> {});
        return painter.measure(prompts, plan, rewards, seeds, progress);
    }

    /** Writes a grid of the first development prompts; a green frame is around what is all right. */
    public void drawGrid(Path file) throws IOException {
        List<String> prompts = developmentPrompts(GRID_PROMPTS);
        Evaluation.Result result = measure(prompts, 0, 1, done -> {});
        List<ImageGrid.Cell> cells = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            boolean strict = result.rewards().get("strict")[i][0] == 1;
            cells.add(new ImageGrid.Cell(
                    result.pictures().get(i), prompts.get(i), strict ? ImageGrid.Frame.GOOD : ImageGrid.Frame.BAD));
        }
        Image grid = new ImageGrid(GRID_COLUMNS, GRID_SCALE).draw(cells);
        Files.createDirectories(file.getParent());
        AtomicFile.write(file, PngText.encode(grid, Map.of()));
    }

    @Override
    public void close() {
        open.close();
    }
}
