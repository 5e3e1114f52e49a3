package mixgrpo.trainer.evaluate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.noise.Noise;
import mixgrpo.runtime.noise.NoiseKey;
import mixgrpo.runtime.reward.Rewards;
import mixgrpo.runtime.reward.Scores;
import mixgrpo.runtime.rollout.Decoder;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.rollout.Sampler;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.solvers.plan.Plan;

/**
 * Rewards of pictures drawn deterministically, from the same noise whenever prompts and seeds are the same. The noise does not
 * depend on the run's seed, so that runs can be compared.
 */
public final class Evaluation {

    private static final int TOGETHER = 96;

    private final List<Prompt> prompts;
    private final Plan plan;
    private final Rewards rewards;
    private final Decoder decoder;

    /**
     * @param prompts that are measured; a prompt's number is in the key of its noise
     * @param plan of a trajectory, without a stochastic step
     * @param rewards that pictures are scored with, still the caller's
     * @param decoder of pictures, still the caller's
     */
    public Evaluation(List<Prompt> prompts, Plan plan, Rewards rewards, Decoder decoder) {
        this.prompts = List.copyOf(prompts);
        this.plan = plan;
        this.rewards = rewards;
        this.decoder = decoder;
    }

    /**
     * What came out.
     *
     * @param rewards by name, {@code [prompts][seeds]}; NaN where the reward failed
     * @param pictures of the first seed, one a prompt
     */
    public record Result(Map<String, double[][]> rewards, List<Image> pictures) {

        /** Of no prompts. */
        public static Result ofNothing(List<String> rewards) {
            Map<String, double[][]> none = new LinkedHashMap<>();
            rewards.forEach(name -> none.put(name, new double[0][]));
            return new Result(none, List.of());
        }

        /** How many prompts were measured. */
        public int prompts() {
            return rewards.values().stream()
                    .findFirst()
                    .map(values -> values.length)
                    .orElse(0);
        }

        /** Mean over prompts and seeds, failures left out. */
        public double mean(String reward) {
            double sum = 0;
            int count = 0;
            for (double[] prompt : rewards.get(reward)) {
                for (double value : prompt) {
                    if (!Double.isNaN(value)) {
                        sum += value;
                        count++;
                    }
                }
            }
            return sum / count;
        }
    }

    /** Means over the seeds of every prompt, where at least one picture of it could be scored before and after. */
    public record Pair(double[] before, double[] after) {

        public static Pair of(double[][] before, double[][] after) {
            List<double[]> means = new ArrayList<>();
            for (int p = 0; p < before.length; p++) {
                double[] sums = new double[2];
                int seeds = 0;
                for (int s = 0; s < before[p].length; s++) {
                    if (!Double.isNaN(before[p][s]) && !Double.isNaN(after[p][s])) {
                        sums[0] += before[p][s];
                        sums[1] += after[p][s];
                        seeds++;
                    }
                }
                if (seeds > 0) {
                    means.add(new double[] {sums[0] / seeds, sums[1] / seeds});
                }
            }
            return new Pair(
                    means.stream().mapToDouble(pair -> pair[0]).toArray(),
                    means.stream().mapToDouble(pair -> pair[1]).toArray());
        }
    }

    public List<Prompt> prompts() {
        return prompts;
    }

    /**
     * Draws {@code seeds} pictures of every prompt and scores them.
     *
     * @param progress told the number of pictures done; what it throws ends the measurement
     */
    public Result measure(Sampler sampler, int seeds, IntConsumer progress) {
        Map<String, double[][]> values = new LinkedHashMap<>();
        rewards.names().forEach(name -> values.put(name, new double[prompts.size()][seeds]));
        List<Image> pictures = new ArrayList<>();
        int pictureCount = prompts.size() * seeds;
        for (int start = 0; start < pictureCount; start += TOGETHER) {
            int count = Math.min(TOGETHER, pictureCount - start);
            float[][] noise = new float[count][sampler.elements()];
            List<TextEmbedding> embeddings = new ArrayList<>();
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                // Seed by seed, so that a measurement with fewer seeds is the beginning of one with more.
                int seed = (start + i) / prompts.size();
                Prompt prompt = prompts.get((start + i) % prompts.size());
                NoiseKey key =
                        NoiseKey.of(seed, NoiseKey.Stream.EVALUATION_LATENT).withPrompt(prompt.number());
                Noise.fill(noise[i], key);
                embeddings.add(prompt.embedding());
                texts.add(prompt.text());
            }
            List<Image> drawn = sampler.draw(plan, embeddings, noise, decoder);
            Map<String, Scores> scores = rewards.score(drawn, texts);
            for (int i = 0; i < count; i++) {
                int place = start + i;
                if (place < prompts.size()) {
                    pictures.add(drawn.get(i));
                }
                for (Map.Entry<String, Scores> reward : scores.entrySet()) {
                    values.get(reward.getKey())[place % prompts.size()][place / prompts.size()] =
                            reward.getValue().values()[i];
                }
            }
            progress.accept(start + count);
        }
        return new Result(values, pictures);
    }
}
