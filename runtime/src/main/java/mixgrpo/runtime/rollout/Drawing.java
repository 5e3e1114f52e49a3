package mixgrpo.runtime.rollout;

import java.util.List;
import java.util.function.Consumer;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.plan.StepNoise;

/**
 * Pictures to draw together, each on its own.
 *
 * @param conditioning the prompts of every picture
 * @param noise packed, one row a picture; left as it is
 * @param stepNoise what stochastic steps add, by the number of the picture
 * @param watcher told of every step that is done
 */
public record Drawing(
        Plan plan, Conditioning conditioning, float[][] noise, StepNoise stepNoise, Consumer<Step> watcher) {

    private static final StepNoise NONE = (step, image, target) -> {
        throw new IllegalStateException("step %d of a deterministic plan asks for noise".formatted(step.index()));
    };

    /**
     * By a deterministic plan.
     *
     * @param texts the prompt of every picture
     */
    public static Drawing of(Plan plan, List<TextEmbedding> texts, float[][] noise) {
        return new Drawing(plan, Conditioning.of(texts), noise, NONE, step -> {});
    }
}
