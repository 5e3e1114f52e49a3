package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import mixgrpo.exporter.onnx.OnnxExport;
import mixgrpo.exporter.onnx.OnnxOptions;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.runtime.engine.EngineCache;
import mixgrpo.runtime.engine.NvidiaDriver;
import mixgrpo.runtime.tensorrt.PlanGraph;
import mixgrpo.runtime.tensorrt.PlanOptions;
import mixgrpo.runtime.tensorrt.Plans;
import mixgrpo.runtime.tensorrt.ShapeProfile;
import mixgrpo.runtime.tensorrt.ShapeText;
import mixgrpo.tools.model.TensorRtPlans;
import mixgrpo.tools.train.MicroModel;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TensorRT's plans as far as they need no GPU. */
class ExportPlanTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void write() throws IOException {
        Assumptions.assumeTrue(NvidiaDriver.ofMachine().isEmpty(), "this machine has a driver");
        model = MicroModel.write(folder.resolve("model"), 1).folder();
    }

    private int run(Object... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.commandLine("export", new ExportCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    }

    private int engine(Object... more) {
        Stream<Object> fixed = Stream.of(
                "engine", "--engine", "tensorrt", "--model", model, "--cache", folder.resolve("cache"), "--side", 16);
        return run(Stream.concat(fixed, Arrays.stream(more)).toArray());
    }

    private void assertRefused(int code, String words, Object... more) {
        assertEquals(code, engine(more), err::toString);
        assertTrue(err.toString().contains(words), err.toString());
        assertFalse(Files.exists(folder.resolve("cache")));
    }

    @Test
    void aDryRunPrintsShapesAndKeyWithoutAGpu() throws IOException {
        Path json = folder.resolve("plan.json");
        assertEquals(
                0,
                engine("--component", "vae-decoder", "--dry-run", "--precision", "bf16", "--out", json),
                err::toString);
        assertTrue(out.toString().contains("not in the cache: would be built"), out.toString());
        for (String line : new String[] {
            "  smallest latents:1x",
            "  usual    latents:2x",
            "  largest  latents:2x",
            "  key engine: tensorrt, refit, level 3"
        }) {
            assertTrue(out.toString().contains(line), line + " in " + out);
        }
        JsonNode key = new ObjectMapper().readTree(json.toFile()).at("/components/0/key");
        assertEquals("", key.path("weights").asText());
        assertEquals("bf16", key.path("precision").asText());
        assertEquals(64, key.path("graph").asText().length());
        assertFalse(Files.exists(folder.resolve("cache")));
    }

    @Test
    void optionsOfAPlanAreInItsKey() throws IOException {
        Path json = folder.resolve("plan.json");
        assertEquals(
                0,
                engine(
                        "--component",
                        "vae-decoder",
                        "--dry-run",
                        "--no-verify",
                        "--strip-weights",
                        "--version-compatible",
                        "--workspace",
                        "1GiB",
                        "--builder-optimization-level",
                        1,
                        "--min-shapes",
                        "latents:1x1x2x2",
                        "--opt-shapes",
                        "latents:4x1x8x8",
                        "--max-shapes",
                        "latents:8x1x16x16",
                        "--out",
                        json),
                err::toString);
        JsonNode key = new ObjectMapper().readTree(json.toFile()).at("/components/0/key");
        assertEquals(
                "tensorrt, refit, level 1, workspace 1073741824, stripped, version-compatible",
                key.path("engine").asText());
        assertEquals(
                "latents:1x1x2x2 latents:4x1x8x8 latents:8x1x16x16",
                key.path("shapes").asText());
    }

    @Test
    void withoutADriverABuildEndsWithTheListOfWhatIsMissing() {
        assertRefused(4, "no NVIDIA driver runs (TensorRT 11 with CUDA 13 needs version 580 or newer)");
        assertTrue(err.toString().contains("libcuda.so.1"), err.toString());
        assertEquals(4, run("verify", "--engine", "tensorrt", "--model", model), err::toString);
    }

    @Test
    void whatDoesNotFitIsRefused() {
        Object dry = "--dry-run";
        assertRefused(
                2,
                "--min-shapes: expected input:extents",
                dry,
                "--component",
                "vae-decoder",
                "--min-shapes",
                "latents");
        assertRefused(
                2, "there is no input 'image'", dry, "--component", "vae-decoder", "--min-shapes", "image:1x3x8x8");
        assertRefused(
                2,
                "do not cover what the plan of vae-decoder would be verified with",
                dry,
                "--component",
                "vae-decoder",
                "--max-shapes",
                "latents:1x1x1x1");
        assertRefused(2, "expected one --component", dry, "--min-shapes", "latents:1x1x2x2");
        assertRefused(2, "--builder-optimization-level: expected 0..5, got 6", dry, "--builder-optimization-level", 6);
        assertRefused(
                2,
                "tensorrt takes the portable form in fp32, fp16 or bf16; got portable in int8",
                dry,
                "--precision",
                "int8");
        assertRefused(2, "got ort in fp32", dry, "--form", "ort");
        assertRefused(2, "expected refit on tensorrt, got session", dry, "--sync-mode", "session");
        assertEquals(2, run("engine", "--engine", "ort-cpu", "--model", model, "--strip-weights", dry));
        assertTrue(err.toString().contains("are for --engine tensorrt, got ort-cpu"), err.toString());
    }

    @Test
    void aPlanOfTheCacheIsKnownAndInspectedWithoutADriver() throws IOException {
        VaeConfig vae = MicroModel.vae();
        PlanGraph graph = TensorRtPlans.graph(
                "vae-decoder",
                OnnxExport.of(AutoencoderKl.decoder(vae), OnnxOptions.portable().withLayerNormOp()));
        EngineCache cache = new EngineCache(folder.resolve("cache"));
        Plans plans = TensorRtPlans.of(cache, PlanOptions.DEFAULT, Optional.empty(), text -> {});
        ShapeProfile profile = ShapeProfile.of(
                graph.inputs(),
                ShapeText.parse("smallest", "latents:1x1x2x2"),
                ShapeText.parse("usual", "latents:2x1x2x2"),
                ShapeText.parse("largest", "latents:2x1x2x2"));
        EngineCache.Entry entry = cache.store(
                graph.entry(), plans.key(graph, profile), to -> Files.writeString(to.resolve(Plans.FILE), "a plan"));
        assertEquals(0, engine("--component", "vae-decoder", "--dry-run"), err::toString);
        assertTrue(out.toString().contains("in the cache, not verified"), out.toString());
        assertEquals(0, run("inspect", entry.file(Plans.FILE)), err::toString);
        assertTrue(out.toString().contains("TensorRT plan, 6 bytes"), out.toString());
        assertTrue(out.toString().contains("shapes: latents:1x1x2x2 latents:2x1x2x2 latents:2x1x2x2"), out.toString());
        assertTrue(out.toString().contains("its layers are shown where TensorRT runs; here: "), out.toString());
        assertEquals(0, run("inspect", "--json", entry.file(Plans.FILE)), err::toString);
        assertTrue(new ObjectMapper()
                .readTree(out.toString())
                .path("missing")
                .asText()
                .contains("no NVIDIA driver"));
        Path loose = Files.writeString(folder.resolve("loose.engine"), "another");
        assertEquals(0, run("inspect", loose), err::toString);
        assertTrue(out.toString().contains("nothing is noted beside it"), out.toString());
        assertEquals(2, run("inspect", folder.resolve("absent.plan")));
    }
}
