package mixgrpo.tools.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import mixgrpo.exporter.onnx.OnnxExport;
import mixgrpo.exporter.onnx.OnnxModel;
import mixgrpo.exporter.onnx.OnnxOptions;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.models.Network;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.runtime.engine.OrtEngine;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.SyncConfig;

/** What this build has to run frozen networks, the fastest first. */
public enum EngineKind {
    /** ONNX Runtime on the CPU; new weights are a new session. */
    ORT_CPU(RolloutConfig.Engine.ORT_CPU, Set.of(RolloutConfig.Precision.FP32), Set.of(SyncConfig.Mode.SESSION)) {
        @Override
        public Engine load(String name, Network network, Weights weights, Precision precision) {
            OnnxOptions options = OnnxOptions.ort().withPrecision(precision).withAdaptersOf(weights.shapes());
            OnnxModel model = OnnxExport.of(network, options);
            return new OrtEngine(name, model.skeleton(), model.fixedParameters(), model.adapterParameters(), weights);
        }
    };

    private final RolloutConfig.Engine key;
    private final Set<RolloutConfig.Precision> precisions;
    private final Set<SyncConfig.Mode> syncModes;

    EngineKind(RolloutConfig.Engine key, Set<RolloutConfig.Precision> precisions, Set<SyncConfig.Mode> syncModes) {
        this.key = key;
        this.precisions = precisions;
        this.syncModes = syncModes;
    }

    /**
     * The one that a configuration asks for.
     *
     * @throws EngineUnavailableException if this build does not have it
     * @throws IllegalArgumentException if it does not have the precision, or does not take weights that way
     */
    public static EngineKind of(RolloutConfig rollout, SyncConfig sync) {
        EngineKind kind = rollout.engine() == RolloutConfig.Engine.AUTO
                ? fastest()
                : Arrays.stream(values())
                        .filter(of -> of.key == rollout.engine())
                        .findFirst()
                        .orElseThrow(() -> new EngineUnavailableException(
                                "rollout.engine: %s is not part of this build, which has %s; auto takes the fastest there is"
                                        .formatted(
                                                name(rollout.engine()),
                                                names(Set.of(values()), EngineKind::toString))));
        kind.expect("rollout.precision", kind.precisions, rollout.precision());
        kind.expect("sync.mode", kind.syncModes, sync.mode());
        return kind;
    }

    private <T extends Enum<T>> void expect(String setting, Set<T> supported, T asked) {
        if (!supported.contains(asked)) {
            throw new IllegalArgumentException("%s: expected %s with rollout.engine %s, got %s"
                    .formatted(setting, names(supported, EngineKind::name), this, name(asked)));
        }
    }

    private static <T> String names(Set<T> values, Function<T, String> name) {
        return values.stream().map(name).sorted().collect(Collectors.joining(" or "));
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What the engines of this build compute in. */
    public static Set<RolloutConfig.Precision> precisions() {
        return Arrays.stream(values())
                .flatMap(kind -> kind.precisions.stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The fastest one that this machine can run. */
    public static EngineKind fastest() {
        return ORT_CPU;
    }

    /**
     * A network with a copy of these weights, as an engine of the caller. Adapters among the weights stay beside them, of the precision
     * that they have, and an update may bring them alone.
     *
     * @param name for messages
     * @param weights of the network, and low-rank adapters of scale 1 under the keys of {@link mixgrpo.models.lora.Lora}
     * @param precision of its layers
     */
    public abstract Engine load(String name, Network network, Weights weights, Precision precision);

    /** The same in float32. */
    public Engine load(String name, Network network, Weights weights) {
        return load(name, network, weights, Precision.FP32);
    }

    /** As in a configuration. */
    @Override
    public String toString() {
        return name(key);
    }
}
