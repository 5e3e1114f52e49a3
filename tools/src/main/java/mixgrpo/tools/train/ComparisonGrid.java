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
    private static final int SCALE = 2;

    private final RunSession session;
    private Evaluation.Result base;

    ComparisonGrid(RunSession session) {
        this.session = session;
    }

    /** @param now measured on the development prompts; the base is measured when it is first needed */
    Image draw(Evaluation.Result now) {
        if (base == null) {
            base = session.evaluate(session.model().weights(), false, 1, pictures -> {});
        }
        List<ImageGrid.Cell> cells = new ArrayList<>();
        for (int i = 0; i < Math.min(PROMPTS, base.pictures().size()); i++) {
            String prompt = session.prompts().development().get(i).text();
            cells.add(new ImageGrid.Cell(base.pictures().get(i), prompt, frame(base, i)));
            cells.add(new ImageGrid.Cell(now.pictures().get(i), "", frame(now, i)));
        }
        return new ImageGrid(COLUMNS, SCALE).draw(cells);
    }

    private static ImageGrid.Frame frame(Evaluation.Result result, int prompt) {
        double[][] strict = result.rewards().get("strict");
        if (strict == null) {
            return ImageGrid.Frame.NONE;
        }
        return strict[prompt][0] == 1 ? ImageGrid.Frame.GOOD : ImageGrid.Frame.BAD;
    }
}
