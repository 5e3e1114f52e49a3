package mixgrpo.tools.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.trainer.config.TrainConfig;

/**
 * Measures presets in one process, in turn: repetition after repetition some iterations of each, and after every one of them the parts
 * that it is made of, so that whatever else the machine does meets them all. Whoever makes it closes it.
 */
public final class ComparisonBench implements AutoCloseable {

    /** Told how far it is. */
    public interface Watcher {
        void update(int done, String remark);
    }

    private final ComparisonPlan plan;
    private final TrainConfig first;
    private final OpenResources open = new OpenResources();
    private final List<PresetBench> presets = new ArrayList<>();

    /**
     * Opens everything that is measured.
     *
     * @throws IOException if the model or the prompts cannot be read
     * @throws IllegalArgumentException if a preset cannot be run
     */
    public ComparisonBench(ComparisonPlan plan) throws IOException {
        this.plan = plan;
        Map<String, TrainConfig> configs = plan.configs();
        first = configs.get(plan.presets().get(0));
        try {
            for (Map.Entry<String, TrainConfig> config : configs.entrySet()) {
                presets.add(open.add(new PresetBench(config.getKey(), config.getValue())));
            }
        } catch (IOException | RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    /** How many iterations that takes. */
    public int iterations() {
        return (plan.repeat() + 1)
                * presets.stream().mapToInt(PresetBench::size).sum();
    }

    /** Measures, after one round to warm up. */
    public Comparison measure(Watcher watcher) throws IOException {
        int[] done = new int[1];
        for (int round = 0; round <= plan.repeat(); round++) {
            String remark = round == 0 ? "warming up" : "repetition %d of %d".formatted(round, plan.repeat());
            for (PresetBench preset : presets) {
                preset.round(() -> watcher.update(++done[0], remark));
                if (round == 0) {
                    preset.forget();
                }
            }
        }
        return new Comparison(
                first.model(),
                first.seed(),
                plan.threads(),
                plan.repeat(),
                0,
                presets.stream().map(PresetBench::figures).toList());
    }

    @Override
    public void close() {
        open.close();
    }
}
