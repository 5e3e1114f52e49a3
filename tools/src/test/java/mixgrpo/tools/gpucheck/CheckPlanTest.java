package mixgrpo.tools.gpucheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import mixgrpo.runtime.engine.EngineProbe;
import mixgrpo.tools.model.EngineKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckPlanTest {

    @TempDir
    private Path folder;

    private List<CheckStep> steps(Ability ability) {
        return new CheckPlan(folder, folder.resolve("out"), "cuda,ort-cuda", 100).steps(ability);
    }

    private static List<String> names(List<CheckStep> steps) {
        return steps.stream().map(CheckStep::name).toList();
    }

    private static CheckStep step(List<CheckStep> steps, String name) {
        return steps.stream()
                .filter(step -> step.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void tensorRtIsBuiltInItsThreePrecisionsAndRefitted() {
        List<CheckStep> steps = steps(new Ability(List.of(), List.of(EngineKind.TENSORRT), List.of()));
        assertEquals(
                List.of(
                        "doctor",
                        "tests",
                        "export-onnx",
                        "export-tensorrt-fp32-scenes",
                        "export-tensorrt-fp32-flux",
                        "export-tensorrt-fp16-scenes",
                        "export-tensorrt-fp16-flux",
                        "export-tensorrt-bf16-scenes",
                        "export-tensorrt-bf16-flux",
                        "sync-tensorrt",
                        "bench-tensorrt",
                        "train-tensorrt",
                        "train-ort-cpu",
                        "train-tensorrt-in-fp16",
                        "train-tensorrt-in-bf16",
                        "train-ort-cpu-bf16"),
                names(steps));
        for (String name : List.of("export-tensorrt-bf16-flux", "sync-tensorrt")) {
            String command = String.join(" ", step(steps, name).command());
            assertTrue(command.contains(" --engine tensorrt ") && command.contains(" --sync-mode refit "), command);
        }
        String train = String.join(" ", step(steps, "train-tensorrt").command());
        assertTrue(train.contains(" device=gpu rollout.engine=tensorrt sync.mode=refit "), train);
    }

    @Test
    void engineAfterEngineIsCheckedTheFastestFirst() {
        List<EngineKind> both = List.of(EngineKind.TENSORRT, EngineKind.ORT_CUDA);
        List<String> names = names(steps(new Ability(List.of(), both, List.of())));
        assertEquals(
                List.of("sync-tensorrt", "bench-tensorrt", "sync-ort-cuda", "bench-ort-cuda"),
                names.stream().filter(name -> name.matches("(sync|bench)-.*")).toList());
    }

    @Test
    void everyEngineIsBuiltInEachPrecisionExchangedMeasuredAndTrainedWith() {
        Ability all = new Ability(List.of(), List.of(EngineKind.ORT_CUDA), List.of());
        List<CheckStep> steps = steps(all);
        assertEquals(
                List.of(
                        "doctor",
                        "tests",
                        "export-onnx",
                        "export-ort-cuda-fp32-scenes",
                        "export-ort-cuda-fp32-flux",
                        "export-ort-cuda-fp16-scenes",
                        "export-ort-cuda-fp16-flux",
                        "sync-ort-cuda",
                        "bench-ort-cuda",
                        "train-ort-cuda",
                        "train-ort-cpu",
                        "train-ort-cuda-in-fp16",
                        "train-ort-cpu-bf16"),
                names(steps));
        String train = String.join(" ", step(steps, "train-ort-cuda").command());
        assertTrue(train.contains(" device=gpu rollout.engine=ort-cuda sync.mode=session "), train);
        String half = String.join(" ", step(steps, "train-ort-cuda-in-fp16").command());
        assertTrue(half.endsWith(" rollout.precision=fp16 loss.oldLogProb=auto"), half);
        String exchanges = String.join(" ", step(steps, "sync-ort-cuda").command());
        assertTrue(exchanges.contains(" --exchanges 100 "), exchanges);
    }

    @Test
    void whatCannotBeDoneIsLeftOutWithItsReason() throws Exception {
        EngineProbe.Finding none = new EngineProbe.Finding("ort-cuda", List.of("no driver"));
        Ability noTraining = new Ability(List.of("no natives"), List.of(), List.of(none));
        assertTrue(noTraining.isNone());
        assertEquals(List.of("training on a GPU: no natives", "ort-cuda: no driver"), noTraining.missing());
        List<CheckStep> steps = steps(noTraining);
        assertEquals(Optional.of("no natives"), step(steps, "train-ort-cpu").skipped());
        assertTrue(step(steps, "tests").skipped().isPresent()); // no sources here
        Files.createFile(folder.resolve("pom.xml"));
        CheckStep tests = step(steps(noTraining), "tests");
        assertTrue(tests.skipped().isEmpty());
        assertEquals(folder, tests.folder());
        assertTrue(tests.command().containsAll(List.of("mvn", "-Dgroups=gpu", "-Pcuda,ort-cuda", "verify")));
    }

    @Test
    void everyToolIsALauncherOfThisProgram() {
        Ability all = new Ability(List.of(), List.of(EngineKind.ORT_CUDA), List.of());
        Stream<Path> tools =
                steps(all).stream().map(step -> Path.of(step.command().get(0))).filter(tool -> tool.startsWith(folder));
        tools.forEach(tool ->
                assertTrue(Files.isExecutable(Path.of("../tools").resolve(tool.getFileName())), tool.toString()));
    }
}
