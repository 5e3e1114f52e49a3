package mixgrpo.tools.model;

import mixgrpo.exporter.onnx.OnnxModel;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.tools.figures.Word;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.SyncConfig;
import mixgrpo.trainer.config.TrainConfig;

/**
 * How the engine of a frozen policy is made.
 *
 * @param kind what runs it
 * @param precision of its layers
 * @param mode how it takes new weights
 */
public record PolicyEngine(EngineKind kind, Precision precision, SyncConfig.Mode mode) {

    /**
     * Refuses a network that this engine cannot hold.
     *
     * @param setting that asks for the precision
     * @throws IllegalArgumentException if its graph would have to contain more weights than a file may
     */
    public void check(Network network, String setting) {
        long bytes = EngineMemory.bytes(Inventory.parameters(network)) / 2;
        boolean half = precision == Precision.FP16 || precision == Precision.BF16;
        if (kind == EngineKind.ORT_CUDA && half && bytes > OnnxModel.MOST_EMBEDDED) {
            throw new IllegalArgumentException(
                    "%s: expected fp32 on %s, whose graphs contain weights of 16 bits and may have 2 GiB of them, got %s and %.1f GB; tensorrt has no such bound"
                            .formatted(setting, kind, Word.of(precision), bytes / 1e9));
        }
    }

    /** In float32, with weights that are exchanged seldom or never. */
    public static PolicyEngine plain(EngineKind kind) {
        return plain(kind, RolloutConfig.Precision.FP32);
    }

    /** The same in another precision, one that it has. */
    public static PolicyEngine plain(EngineKind kind, RolloutConfig.Precision precision) {
        return new PolicyEngine(kind, Precision.valueOf(precision.name()), kind.usualMode());
    }

    /**
     * What samples in a run.
     *
     * @param config where the way of taking weights is decided
     */
    public static PolicyEngine sampling(EngineKind kind, TrainConfig config) {
        Precision precision = Precision.valueOf(config.rollout().precision().name());
        return new PolicyEngine(kind, precision, config.sync().mode());
    }

    /**
     * What draws for the measurements of a run: as what samples, so that their plans are the same on a GPU; but float32 where that is a CPU in 8-bit integers, in which a
     * picture depends on those beside it.
     */
    public static PolicyEngine measuring(EngineKind kind, TrainConfig config) {
        Precision precision = config.rollout().precision() == RolloutConfig.Precision.INT8
                ? Precision.FP32
                : sampling(kind, config).precision();
        return new PolicyEngine(kind, precision, kind.usualMode());
    }
}
