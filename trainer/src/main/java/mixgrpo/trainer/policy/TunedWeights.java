package mixgrpo.trainer.policy;

import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.MergedWeights;
import mixgrpo.models.weights.OverlaidWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.trainer.checkpoint.WeightGroups;
import mixgrpo.trainer.config.PolicyConfig;

/** The weights of a base with those that were trained in place of its own: the moving average if one is kept. */
public final class TunedWeights {

    static final String WEIGHTS = "policy";
    static final String AVERAGE = "ema";

    private TunedWeights() {}

    /**
     * What a run would use if it ended at a checkpoint, adapters beside the base's weights; a view.
     *
     * @param checkpoint of {@link Policy#state()}; must stay open
     * @param base of the run
     */
    public static Weights ofCheckpoint(Weights checkpoint, Weights base, PolicyConfig train) {
        Weights average = WeightGroups.group(checkpoint, AVERAGE);
        Weights trained = average.shapes().isEmpty() ? WeightGroups.group(checkpoint, WEIGHTS) : average;
        return new OverlaidWeights(base, sampled(trained, train));
    }

    /** What was trained, as engines take it: adapters of scale 1, which are copied, or all weights, a view. */
    static Weights sampled(Weights trained, PolicyConfig train) {
        return train.mode() == PolicyConfig.Mode.LORA
                ? Lora.of(trained, train.lora().scale()).parameters(1)
                : trained;
    }

    /** One set of weights, adapters folded in; a view. */
    static Weights merged(Weights base, Weights trained, PolicyConfig train) {
        Weights all = new OverlaidWeights(base, trained);
        return train.mode() == PolicyConfig.Mode.LORA
                ? MergedWeights.ofParameters(all, train.lora().scale())
                : all;
    }
}
