package mixgrpo.tools.train;

import java.util.List;
import java.util.Set;
import mixgrpo.runtime.reward.Rewards;
import mixgrpo.runtime.rollout.Decoder;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.tools.model.RolloutPolicy;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.loop.Course;
import mixgrpo.trainer.loop.Iteration;
import mixgrpo.trainer.loop.LocalRollouts;
import mixgrpo.trainer.loop.PromptOrder;
import mixgrpo.trainer.loop.Sync;
import mixgrpo.trainer.policy.Policy;

/**
 * What the main loop works with, wired as a configuration says. All of it stays the caller's.
 *
 * @param recipe of the run
 * @param policy that is trained
 * @param rolloutPolicy its frozen copy, which samples
 * @param decoder of latents
 * @param rewards all that are measured
 */
public record LoopParts(Recipe recipe, Policy policy, RolloutPolicy rolloutPolicy, Decoder decoder, Rewards rewards) {

    /** The loop's iteration over these prompts. */
    public Iteration iteration(List<Prompt> prompts) {
        TrainConfig config = recipe.config();
        LocalRollouts rollouts = new LocalRollouts(
                config.seed(),
                config.rollout().images(),
                recipe.planner(),
                rolloutPolicy.sampler(),
                decoder,
                rewards,
                Set.copyOf(recipe.requiredRewards()));
        PromptOrder order = new PromptOrder(prompts, config.prompts().perIteration(), config.seed());
        Course course = new Course(recipe.iterations(), order, recipe.windows(), config.optimizer());
        return new Iteration(
                course,
                rollouts,
                recipe.advantages(),
                policy,
                new Sync(rolloutPolicy, config.sync().every(), Sync.parityLimit(config)));
    }
}
