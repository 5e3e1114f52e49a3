package mixgrpo.trainer.loop;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.reward.Rewards;
import mixgrpo.runtime.reward.Scores;
import mixgrpo.runtime.rollout.Decoder;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.rollout.Sampler;
import mixgrpo.solvers.plan.Planner;
import mixgrpo.solvers.window.Window;
import mixgrpo.trainer.metrics.Phase;
import mixgrpo.trainer.metrics.PhaseClock;

/** Samples and scores with the engines of this process. */
public final class LocalRollouts implements Rollouts {

    private final long seed;
    private final int images;
    private final Planner planner;
    private final Sampler sampler;
    private final Decoder decoder;
    private final Rewards rewards;
    private final Set<String> required;

    /**
     * @param seed of the run
     * @param images of a prompt
     * @param required rewards whose failure ends the run
     */
    public LocalRollouts(
            long seed,
            int images,
            Planner planner,
            Sampler sampler,
            Decoder decoder,
            Rewards rewards,
            Set<String> required) {
        this.seed = seed;
        this.images = images;
        this.planner = planner;
        this.sampler = sampler;
        this.decoder = decoder;
        this.rewards = rewards;
        this.required = Set.copyOf(required);
    }

    @Override
    public List<ScoredGroup> sample(int iteration, List<Prompt> prompts, Window window, PhaseClock clock)
            throws IOException {
        List<Group> groups = clock.time(
                Phase.ROLLOUT,
                () -> sampler.sample(
                        seed,
                        iteration,
                        prompts,
                        planner.plan(window),
                        images,
                        rows -> clock.time(Phase.DECODE, () -> decoder.decode(rows))));
        return clock.time(Phase.REWARD, () -> score(groups));
    }

    private List<ScoredGroup> score(List<Group> groups) throws IOException {
        List<Image> all = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        for (Group group : groups) {
            all.addAll(group.images());
            group.images().forEach(image -> texts.add(group.text()));
        }
        Map<String, Scores> scores = rewards.score(all, texts);
        List<ScoredGroup> scored = new ArrayList<>();
        int first = 0;
        for (Group group : groups) {
            Map<String, double[]> own = new LinkedHashMap<>();
            int last = first + group.images().size();
            for (Map.Entry<String, Scores> reward : scores.entrySet()) {
                own.put(reward.getKey(), Arrays.copyOfRange(reward.getValue().values(), first, last));
            }
            scored.add(new ScoredGroup(group, own));
            first = last;
        }
        checkRequired(scores, texts);
        return scored;
    }

    private void checkRequired(Map<String, Scores> scores, List<String> texts) throws IOException {
        for (String name : required) {
            Map<Integer, String> failures = scores.get(name).failures();
            if (!failures.isEmpty()) {
                Map.Entry<Integer, String> failure =
                        failures.entrySet().iterator().next();
                throw new IOException(
                        "reward '%s' failed for %d of %d images, the first for '%s': %s; rewards.%s.required=false goes on without them"
                                .formatted(
                                        name,
                                        failures.size(),
                                        texts.size(),
                                        texts.get(failure.getKey()),
                                        failure.getValue(),
                                        name));
            }
        }
    }
}
