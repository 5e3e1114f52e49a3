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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Engines on a GPU, as far as the build has them: {@code mvn verify -Port-cuda,tensorrt -Dgroups=gpu}. */
@Tag("gpu")
class ExportEngineGpuTest {

    private static final String CUDA_PROVIDER = "ai/onnxruntime/native/linux-x64/libonnxruntime_providers_cuda.so";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private static void onlyWith(String library) {
        assumeTrue(TensorRt.class.getClassLoader().getResource(library) != null, "this build has no " + library);
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

    /** Into this cache, and found there the second time. */
    private void everyNetworkIsBuiltAndVerified(String engineName, Path cache, String... precisions)
            throws IOException {
        Path model = MicroModel.write(folder.resolve("model"), 1).folder();
        for (String precision : precisions) {
            Object[] engine = {
                "engine",
                "--engine",
                engineName,
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
    }

    /** bfloat16 is left out: ONNX Runtime has it for a part of the operators only. */
    @Test
    void everyNetworkIsBuiltByOnnxRuntimeAndVerifiedAfterAnExchangeToo() throws IOException {
        onlyWith(CUDA_PROVIDER);
        everyNetworkIsBuiltAndVerified("ort-cuda", folder.resolve("cache"), "fp32", "fp16");
    }

    @Test
    void everyNetworkIsBuiltVerifiedAfterARefitTooAndFoundAgain() throws IOException {
        onlyWith(TensorRt.LIBRARY);
        Path cache = folder.resolve("cache");
        everyNetworkIsBuiltAndVerified("tensorrt", cache, "fp32", "fp16", "bf16");
        Path plan =
                new EngineCache(cache).entries("fluxtransformer2dmodel").get(0).file(Plans.FILE);
        run("inspect", plan, "--json");
        assertTrue(
                new ObjectMapper().readTree(out.toString()).at("/engine/Layers").size() > 0);
    }

    @Test
    void aPlanWithoutWeightsAndOneForOtherVersionsComputeTheSame() throws IOException {
        onlyWith(TensorRt.LIBRARY);
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
