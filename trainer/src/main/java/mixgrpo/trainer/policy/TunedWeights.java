package mixgrpo.trainer.policy;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.lora.MergedWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.trainer.checkpoint.WeightGroups;
import mixgrpo.trainer.config.PolicyConfig;

/**
 * The weights of a base with those that were trained in place of its own: the moving average if one is kept, adapters folded in.
 * A view of both.
 */
public final class TunedWeights implements Weights {

    static final String WEIGHTS = "policy";
    static final String AVERAGE = "ema";

    private final Weights base;
    private final Weights trained;
    private final Map<String, long[]> shapes;

    private TunedWeights(Weights base, Weights trained) {
        this.base = base;
        this.trained = trained;
        shapes = new LinkedHashMap<>(base.shapes());
        shapes.putAll(trained.shapes());
    }

    /**
     * What a run would use if it ended at a checkpoint.
     *
     * @param checkpoint of {@link Policy#state()}; must stay open
     * @param base of the run
     */
    public static Weights ofCheckpoint(Weights checkpoint, Weights base, PolicyConfig train) {
        Weights average = WeightGroups.group(checkpoint, AVERAGE);
        return of(base, average.shapes().isEmpty() ? WeightGroups.group(checkpoint, WEIGHTS) : average, train);
    }

    static Weights of(Weights base, Weights trained, PolicyConfig train) {
        Weights all = new TunedWeights(base, trained);
        return train.mode() == PolicyConfig.Mode.LORA
                ? MergedWeights.ofParameters(all, train.lora().scale())
                : all;
    }

    @Override
    public Map<String, long[]> shapes() {
        return shapes;
    }

    @Override
    public void read(String key, FloatBuffer target) {
        (trained.shapes().containsKey(key) ? trained : base).read(key, target);
    }
}
