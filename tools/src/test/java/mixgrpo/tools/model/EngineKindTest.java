package mixgrpo.tools.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.runtime.engine.EngineProbe;
import mixgrpo.tools.config.Configuration;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.SyncConfig;
import mixgrpo.trainer.config.TrainConfig;
import org.junit.jupiter.api.Test;

class EngineKindTest {

    private static EngineKind fastest(Set<EngineKind> usable, String... arguments) throws IOException {
        TrainConfig config =
                Configuration.load("quickstart", List.of(), List.of(arguments)).config();
        return EngineKind.fastest(usable::contains, config.rollout(), config.sync());
    }

    @Test
    void autoTakesTheFastestThatCanRunAndDoWhatIsAsked() throws IOException {
        Set<EngineKind> all = Set.of(EngineKind.values());
        assertEquals(EngineKind.TENSORRT, fastest(all));
        assertEquals(EngineKind.ORT_CUDA, fastest(Set.of(EngineKind.ORT_CUDA, EngineKind.ORT_CPU)));
        assertEquals(EngineKind.ORT_CPU, fastest(Set.of()), "it then says itself why it cannot run");
        assertEquals(EngineKind.TENSORRT, fastest(all, "sync.mode=refit"));
        assertEquals(EngineKind.ORT_CUDA, fastest(all, "sync.mode=session"));
        assertEquals(EngineKind.ORT_CPU, fastest(all, "sync.mode=inputs"));
        assertEquals(EngineKind.ORT_CUDA, fastest(all, "rollout.odePrecision=int8"), "no 8-bit layers in TensorRT");
        assertEquals(EngineKind.ORT_CPU, fastest(all, "rollout.precision=int8"));
        assertEquals(EngineKind.TENSORRT, fastest(all, "rollout.precision=bf16"));
        assertEquals(EngineKind.ORT_CUDA, fastest(Set.of(EngineKind.ORT_CUDA), "rollout.precision=fp16"));
    }

    @Test
    void autoSaysWhyItPassesOverFasterEngines() throws IOException {
        TrainConfig whole = Configuration.load("quickstart", List.of(), List.of("rollout.precision=int8"))
                .config();
        List<String> reasons = EngineKind.passedOver(
                kind -> new EngineProbe.Finding(
                        kind.toString(), kind == EngineKind.ORT_CUDA ? List.of("no driver", "no cuDNN") : List.of()),
                whole.rollout(),
                whole.sync());
        assertEquals(
                List.of(
                        "tensorrt: rollout.precision: expected bf16 or fp16 or fp32 on tensorrt, got int8",
                        "ort-cuda: no driver; no cuDNN"),
                reasons);
        TrainConfig plain =
                Configuration.load("quickstart", List.of(), List.of()).config();
        assertEquals(
                List.of(),
                EngineKind.passedOver(
                        kind -> new EngineProbe.Finding(kind.toString(), List.of()), plain.rollout(), plain.sync()));
    }

    @Test
    void aPrecisionThatAnEngineDoesNotHaveIsRefused() throws IOException {
        for (String precision : List.of("fp16", "bf16")) {
            TrainConfig config = Configuration.load(
                            "quickstart",
                            List.of(),
                            List.of("rollout.engine=ort-cpu", "rollout.precision=" + precision))
                    .config();
            String message = assertThrows(
                            IllegalArgumentException.class, () -> EngineKind.of(config.rollout(), config.sync()))
                    .getMessage();
            assertEquals("rollout.precision: expected fp32 or int8 on ort-cpu, got " + precision, message);
        }
    }

    /** FLUX.1-dev's sizes. */
    @Test
    void weightsThatDoNotFitIntoAGraphAreRefused() {
        Network flux =
                FluxTransformer.of(new FluxConfig(64, 64, 19, 38, 128, 24, 4096, 768, true, List.of(16, 56, 56)));
        PolicyEngine half = new PolicyEngine(EngineKind.ORT_CUDA, Precision.FP16, SyncConfig.Mode.SESSION);
        String message = assertThrows(IllegalArgumentException.class, () -> half.check(flux, "--precision"))
                .getMessage();
        assertTrue(message.contains("may have 2 GiB of them, got fp16 and 23.8 GB"), message);
        new PolicyEngine(EngineKind.TENSORRT, Precision.BF16, SyncConfig.Mode.REFIT).check(flux, "--precision");
        PolicyEngine.plain(EngineKind.ORT_CUDA).check(flux, "--precision");
        half.check(
                FluxTransformer.of(new FluxConfig(4, 4, 1, 1, 16, 2, 384, 384, false, List.of(4, 6, 6))),
                "--precision");
    }

    @Test
    void eachHasAUsualWayOfTakingWeights() {
        for (EngineKind kind : EngineKind.values()) {
            SyncConfig.Mode usual = kind == EngineKind.TENSORRT ? SyncConfig.Mode.REFIT : SyncConfig.Mode.SESSION;
            assertEquals(usual, kind.mode("sync.mode", SyncConfig.Mode.AUTO));
            assertEquals(
                    usual,
                    kind.usualMode(RolloutConfig.Precision.FP32, 1L << 40),
                    "with many passes between two exchanges");
            SyncConfig.Mode few = kind == EngineKind.ORT_CPU ? SyncConfig.Mode.INPUTS : usual;
            assertEquals(few, kind.usualMode(RolloutConfig.Precision.FP32, 1), "with few");
            assertEquals(few, kind.mode("sync.mode", few));
        }
        assertEquals(SyncConfig.Mode.SESSION, EngineKind.ORT_CPU.usualMode(RolloutConfig.Precision.INT8, 1));
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class, () -> EngineKind.TENSORRT.mode("sync.mode", SyncConfig.Mode.SESSION));
        assertTrue(
                refused.getMessage().startsWith("sync.mode: expected refit on tensorrt, got session"),
                refused.getMessage());
    }
}
