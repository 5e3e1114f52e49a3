package mixgrpo.trainer.pretrain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import mixgrpo.runtime.scenes.KindWeights;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneSplit;

/**
 * Chooses the prompts that reinforcement learning can learn from: those that the base sometimes draws right. Where a group of
 * pictures is all right or all wrong, its advantages are zero. A function of the base and of these numbers.
 *
 * @param candidates distinct training prompts that are tried
 * @param pictures drawn of each
 * @param seed of the candidates
 */
public record PromptSelection(int candidates, int pictures, long seed) {

    /** Those of the shipped model. */
    public static final PromptSelection SHIPPED = new PromptSelection(2_000, 4, 7);

    /** Kinds that leave something to learn; of counts there are about 300 different ones, which all come up. */
    private static final KindWeights KINDS = new KindWeights(.02, .26, .22, .28, .18, .04);

    /** Their noise is not that of development and test prompts, whose numbers begin at 0. */
    private static final int FIRST_NUMBER = 1_000_000;

    private static final int TOGETHER = 24;
    private static final double LEAST_STRICT = .1;
    private static final double MOST_STRICT = .9;
    private static final double LEAST_SCENE = .6;

    public PromptSelection {
        if (candidates < 1 || pictures < 1) {
            throw new IllegalArgumentException(
                    "prompt selection: expected candidates and pictures of 1 or more, got %d and %d"
                            .formatted(candidates, pictures));
        }
    }

    /** Draws pictures with the base and scores them. */
    @FunctionalInterface
    public interface Trial {
        /**
         * Rewards by name, {@code scene} and {@code strict} among them, {@code [prompts][pictures]}.
         *
         * @param firstNumber of the prompts, which are numbered one after the other for their noise
         */
        Map<String, double[][]> rewards(List<String> prompts, int firstNumber, int pictures);
    }

    /**
     * What was chosen.
     *
     * @param prompts in the order of the candidates
     * @param scene mean reward of the base over them
     * @param strict mean reward of the base over them
     */
    public record Chosen(List<String> prompts, double scene, double strict) {}

    /** @param progress told the number of candidates tried */
    public Chosen choose(Trial trial, IntConsumer progress) {
        List<String> all = SceneSplit.trainingPrompts(candidates, KINDS, seed).stream()
                .map(ScenePrompt::text)
                .toList();
        List<String> chosen = new ArrayList<>();
        double sceneSum = 0;
        double strictSum = 0;
        for (int start = 0; start < candidates; start += TOGETHER) {
            List<String> prompts = all.subList(start, Math.min(start + TOGETHER, candidates));
            Map<String, double[][]> rewards = trial.rewards(prompts, FIRST_NUMBER + start, pictures);
            for (int i = 0; i < prompts.size(); i++) {
                double scene = Arrays.stream(rewards.get("scene")[i]).average().orElseThrow();
                double strict =
                        Arrays.stream(rewards.get("strict")[i]).average().orElseThrow();
                if (keeps(scene, strict)) {
                    chosen.add(prompts.get(i));
                    sceneSum += scene;
                    strictSum += strict;
                }
            }
            progress.accept(start + prompts.size());
        }
        return new Chosen(List.copyOf(chosen), sceneSum / chosen.size(), strictSum / chosen.size());
    }

    /** Whether pictures with these mean rewards differ enough, or come close enough to being right. */
    static boolean keeps(double scene, double strict) {
        return strict == 0 ? scene >= LEAST_SCENE : strict >= LEAST_STRICT && strict <= MOST_STRICT;
    }
}
