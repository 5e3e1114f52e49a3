package mixgrpo.tools.train;

import java.util.ArrayList;
import java.util.List;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.image.ImageGrid;
import mixgrpo.trainer.evaluate.Evaluation;

/**
 * Pictures of the same development prompts from the same noise, the base's beside those of now; a frame tells whether all of the prompt
 * is met.
 */
final class ComparisonGrid {

    private static final int PROMPTS = 24;
    private static final int COLUMNS = 8;
    /** Pixels of a side that a small picture is enlarged to, by whole numbers. */
    private static final int ENLARGED = 128;
    /** Pixels of a grid, about: of large pictures it holds fewer. */
    private static final int PIXELS = 4 << 20;

    private static final int FEWEST = 2;

    private final RunSession session;
    private Evaluation.Result base;

    ComparisonGrid(RunSession session) {
        this.session = session;
    }

    /** @param now measured on the development prompts; the base is measured when it is first needed */
    Image draw(Evaluation.Result now) {
        Image first = now.pictures().get(0);
        int scale = Math.max(1, ENLARGED / Math.max(first.width(), first.height()));
        int fitting = PIXELS / (2 * scale * scale * first.width() * first.height());
        int prompts = Math.min(
                Math.max(FEWEST, Math.min(PROMPTS, fitting)), now.pictures().size());
        if (base == null) {
            base = session.evaluateBase(prompts);
        }
        List<ImageGrid.Cell> cells = new ArrayList<>();
        for (int i = 0; i < prompts; i++) {
            String prompt = session.prompts().development().get(i).text();
            cells.add(new ImageGrid.Cell(base.pictures().get(i), prompt, frame(base, i)));
            cells.add(new ImageGrid.Cell(now.pictures().get(i), "", frame(now, i)));
        }
        return new ImageGrid(Math.min(COLUMNS, 2 * prompts), scale).draw(cells);
    }

    private static ImageGrid.Frame frame(Evaluation.Result result, int prompt) {
        double[][] strict = result.rewards().get("strict");
        if (strict == null) {
            return ImageGrid.Frame.NONE;
        }
        return strict[prompt][0] == 1 ? ImageGrid.Frame.GOOD : ImageGrid.Frame.BAD;
    }
}
