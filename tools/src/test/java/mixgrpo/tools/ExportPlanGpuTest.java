package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import mixgrpo.runtime.engine.EngineCache;
import mixgrpo.runtime.tensorrt.Plans;
import mixgrpo.runtime.tensorrt.TensorRt;
import mixgrpo.tools.train.MicroModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TensorRT's plans on a GPU: {@code mvn verify -Ptensorrt -Dgroups=gpu}. */
@Tag("gpu")
class ExportPlanGpuTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    @BeforeAll
    static void onlyWithTensorRt() {
        assumeTrue(TensorRt.class.getClassLoader().getResource(TensorRt.LIBRARY) != null, "this build has no TensorRT");
    }

    private void run(Object... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        int code = Main.commandLine("export", new ExportCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
        assertEquals(0, code, () -> out + "\n" + err);
    }

    @Test
    void everyNetworkIsBuiltVerifiedAfterARefitTooAndFoundAgain() throws IOException {
        Path model = MicroModel.write(folder.resolve("model"), 1).folder();
        Path cache = folder.resolve("cache");
        for (String precision : new String[] {"fp32", "fp16", "bf16"}) {
            Object[] engine = {
                "engine",
                "--engine",
                "tensorrt",
                "--model",
                model,
                "--side",
                16,
                "--cache",
                cache,
                "--precision",
                precision,
                "--reference",
                "ort"
            };
            run(engine);
            assertEquals(3, out.toString().split("built and verified", -1).length - 1, out.toString());
            run(engine);
            assertEquals(3, out.toString().split("in the cache: verified before", -1).length - 1, out.toString());
        }
        Path plan =
                new EngineCache(cache).entries("fluxtransformer2dmodel").get(0).file(Plans.FILE);
        run("inspect", plan, "--json");
        assertTrue(
                new ObjectMapper().readTree(out.toString()).at("/engine/Layers").size() > 0);
    }

    @Test
    void aPlanWithoutWeightsAndOneForOtherVersionsComputeTheSame() throws IOException {
        Path model = MicroModel.write(folder.resolve("model"), 1).folder();
        for (String option : new String[] {"--strip-weights", "--version-compatible"}) {
            run(
                    "engine",
                    "--engine=tensorrt",
                    "--model",
                    model,
                    "--side=16",
                    "--component=transformer",
                    "--cache",
                    folder.resolve(option),
                    option);
            assertTrue(out.toString().contains("built and verified"), out.toString());
        }
    }
}
