package mixgrpo.tools.bench;

import mixgrpo.exporter.onnx.Precision;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.trainer.config.SyncConfig;

/**
 * How exchanges of weights are measured.
 *
 * @param precision of the engine's layers
 * @param mode how it takes new weights
 * @param exchanges in a row
 * @param large whether a hundred million parameters are exchanged instead of eight
 */
public record SyncBenchPlan(Precision precision, SyncConfig.Mode mode, int exchanges, boolean large) {

    public SyncBenchPlan {
        if (exchanges < 1) {
            throw new GivenException("--exchanges: expected 1 or more, got %d".formatted(exchanges));
        }
    }
}
