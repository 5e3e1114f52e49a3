package mixgrpo.tools.gpucheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.tools.export.ModelPart;
import mixgrpo.tools.export.ModelSelection;
import mixgrpo.tools.export.ProbeSizes;
import mixgrpo.tools.export.Verifier;
import mixgrpo.tools.export.VerifyPlan;
import mixgrpo.tools.export.VerifyReport;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.config.SyncConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With launchers that only say how they were called. */
class GpuCheckTest {

    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final RandomFlux TINY =
            new RandomFlux(new FluxConfig(64, 64, 1, 1, 8, 2, 12, 10, true, List.of(2, 4, 2)));

    @TempDir
    private Path folder;

    private void launcher(String name, String body) throws IOException {
        Path file = folder.resolve("tools").resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\necho \"$@\"\n" + body + "\n");
        file.toFile().setExecutable(true);
    }

    private CheckReport run() throws Exception {
        CheckPlan plan = new CheckPlan(folder, folder.resolve("out"), "", 3);
        Ability ability = new Ability(List.of(), List.of(EngineKind.ORT_CUDA), List.of());
        StringBuilder said = new StringBuilder();
        return new GpuCheck(plan, ability, TINY, LIMIT, "mixgrpo 1").run(said::append);
    }

    @Test
    void whatFailsIsNamedAndTheOthersRunOn() throws Exception {
        for (String tool : List.of("doctor", "export", "bench")) {
            launcher(tool, "");
        }
        launcher("bench", "[ $1 = engine ] && { echo out of memory; exit 1; }; exit 0");
        launcher(
                "train",
                """
                name=${2#name=}; mkdir -p runs/$name
                echo '{"iteration": 4, "seconds.iteration": 9}' > runs/$name/metrics.jsonl
                echo '{"iteration": 5, "seconds.iteration": 2.5, "sync.parity": 1e-6, "loss.mean": 3}' >> runs/$name/metrics.jsonl
                """);
        CheckReport report = run();
        assertFalse(report.passed());
        Map<String, StepResult.State> states = new TreeMap<>();
        report.steps().forEach(step -> states.put(step.name(), step.state()));
        assertEquals(StepResult.State.PASSED, states.get("doctor"));
        assertEquals(StepResult.State.SKIPPED, states.get("tests"));
        assertEquals(StepResult.State.FAILED, states.get("bench-ort-cuda"));
        assertEquals(StepResult.State.PASSED, states.get("sync-ort-cuda"));
        assertEquals(StepResult.State.PASSED, states.get("train-ort-cpu"));
        JsonNode json =
                new ObjectMapper().readTree(folder.resolve("out/report.json").toFile());
        JsonNode trained = json.path("steps").get(json.path("steps").size() - 1);
        assertEquals(2.5, trained.path("metrics").path("seconds.iteration").asDouble());
        assertTrue(trained.path("metrics").path("loss.mean").isMissingNode());
        String text = Files.readString(folder.resolve("out/report.md"));
        assertTrue(text.startsWith("# GPU check: FAILED, 1 skipped\n"), text);
        assertTrue(text.contains("| bench-ort-cuda | failed |") && text.contains("ended with code 1"), text);
        assertTrue(text.contains("engine --engine ort-cuda --json bench-ort-cuda.json\nout of memory\n"), text);
        assertTrue(Files.exists(folder.resolve("out/logs/bench-ort-cuda.log")));
    }

    @Test
    void aCommandThatTakesTooLongIsStoppedWithItsChildren() throws Exception {
        launcher("slow", "sleep 60 & echo $! > child; wait");
        CheckStep step = new CheckStep(
                "slow", folder, List.of(folder.resolve("tools/slow").toString()));
        StepResult result = new CheckRun(folder, Duration.ofSeconds(2)).of(step);
        assertEquals(StepResult.State.FAILED, result.state());
        assertNull(result.code());
        Path child = Path.of("/proc", Files.readString(folder.resolve("child")).strip(), "stat");
        // Gone, or dead and not yet taken note of by the process that has inherited it.
        assertTrue(!Files.exists(child) || Files.readString(child).contains(") Z "));
    }

    @Test
    void aProgramThatIsNotThereIsAFailure() throws Exception {
        StepResult result = new CheckRun(folder, LIMIT).of(new CheckStep("none", folder, List.of("no-such-program-x")));
        assertEquals(StepResult.State.FAILED, result.state());
        assertTrue(result.reason().contains("no-such-program-x"), result.reason());
    }

    /** The folder is one that engines can be made of and verified. */
    @Test
    void theRandomTransformerIsAModel() throws IOException {
        TINY.write(folder.resolve("flux"));
        VerifyPlan plan = new VerifyPlan(
                new ModelSelection(folder.resolve("flux").toString(), "", List.of(ModelPart.TRANSFORMER)),
                EngineKind.ORT_CPU,
                Precision.FP32,
                Optional.empty(),
                SyncConfig.Mode.SESSION,
                Optional.empty(),
                new ProbeSizes(1, 32, 4, 1),
                false);
        VerifyReport report = new Verifier(plan).run(part -> {});
        assertTrue(report.passed(), report.table());
    }
}
