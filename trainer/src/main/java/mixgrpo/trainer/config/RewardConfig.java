package mixgrpo.trainer.config;

/**
 * One reward of the run.
 *
 * @param weight the reward's weight in the advantage, beside those of the other trained rewards; see {@code loss.rewardWeights}
 * @param required whether its failure stops the run; otherwise the picture counts as unscored by this reward
 * @param train whether it is trained; otherwise it is only measured
 */
public record RewardConfig(double weight, boolean required, boolean train) {

    public RewardConfig {
        new Faults().positive("rewards.*.weight", weight).throwIfAny();
    }
}
