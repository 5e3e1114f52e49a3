package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mixgrpo.runtime.engine.NvidiaDriver;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.gpucheck.Ability;
import mixgrpo.tools.gpucheck.CheckPlan;
import mixgrpo.tools.gpucheck.CheckStep;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.libtorch.DeviceChoice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GpuCheckCommandTest {

    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private int check(String... arguments) {
        return Main.commandLine("gpu-check", new GpuCheckCommand())
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    @Test
    void withoutAGpuItSaysWhatIsMissingAndWritesNothing() {
        assumeTrue(NvidiaDriver.ofMachine().isEmpty(), "this machine has a GPU");
        Path out = folder.resolve("out");
        assertEquals(4, check("--out", out.toString()), err::toString);
        String said = err.toString();
        assertTrue(said.startsWith("tools/gpu-check: no GPU can be checked here:"), said);
        assertTrue(said.contains("\n  training on a GPU: "), said);
        assertTrue(said.contains("\n  ort-cuda: no NVIDIA driver runs (CUDA 12 needs version 525 or newer)"), said);
        assertTrue(said.contains("\n  tensorrt: "), said);
        assertFalse(Files.exists(out));
    }

    @Test
    void everyCommandOfThePlanIsOne() throws IOException {
        Ability all = new Ability(List.of(), List.of(EngineKind.values()), List.of());
        int commands = 0;
        for (CheckStep step : new CheckPlan(folder, folder, "", 2).steps(all)) {
            Path tool = Path.of(step.command().get(0));
            List<String> words = step.command().subList(1, step.command().size());
            if (tool.startsWith(folder)) {
                String name = tool.getFileName().toString();
                Main.commandLine(name, Main.commands().get(name).get()).parseArgs(words.toArray(String[]::new));
                commands++;
            }
            if (step.metrics().isPresent()) {
                TrainConfig config = Configuration.load("quickstart", List.of(), words.subList(1, words.size()))
                        .config();
                assertEquals(DeviceChoice.GPU, config.device());
                assertEquals(step.name(), config.name());
            }
        }
        assertTrue(commands > 8, commands + " found");
    }

    @Test
    void whatIsThereIsNotOverwrittenAndNumbersAreChecked() throws IOException {
        Path out = Files.createDirectory(folder.resolve("out"));
        assertEquals(2, check("--out", out.toString()), err::toString);
        assertTrue(err.toString().contains("exists already and is not overwritten"), err.toString());
        assertEquals(2, check("--out", folder.resolve("new").toString(), "--exchanges", "0"), err::toString);
        assertTrue(err.toString().contains("--exchanges: expected 1 or more, got 0"), err.toString());
    }
}
