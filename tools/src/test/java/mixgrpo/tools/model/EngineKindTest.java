package mixgrpo.tools.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import mixgrpo.tools.config.Configuration;
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
    }

    @Test
    void eachHasAUsualWayOfTakingWeights() {
        for (EngineKind kind : EngineKind.values()) {
            SyncConfig.Mode usual = kind == EngineKind.TENSORRT ? SyncConfig.Mode.REFIT : SyncConfig.Mode.SESSION;
            assertEquals(usual, kind.mode("sync.mode", SyncConfig.Mode.AUTO));
            assertEquals(usual, kind.usualMode(1L << 40), "with many passes between two exchanges");
            SyncConfig.Mode few = kind == EngineKind.ORT_CPU ? SyncConfig.Mode.INPUTS : usual;
            assertEquals(few, kind.usualMode(1), "with few");
            assertEquals(few, kind.mode("sync.mode", few));
        }
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class, () -> EngineKind.TENSORRT.mode("sync.mode", SyncConfig.Mode.SESSION));
        assertTrue(
                refused.getMessage().startsWith("sync.mode: expected refit with rollout.engine tensorrt, got session"),
                refused.getMessage());
    }
}
