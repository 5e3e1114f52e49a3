package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mixgrpo.tools.bench.BenchPlan;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.trainer.config.RolloutConfig.OdePrecision;
import mixgrpo.trainer.torchscript.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IterationRunTest {

    private static final Path FLUX = Path.of(System.getProperty("goldens"), "models", "flux");
    private static final BenchPlan.Grid TOKENS = new BenchPlan.Grid(2, 4);

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();

    /** Six steps, of which steps 1 to 4 are the window, for two prompts of five images, in updates of up to two. */
    private static BenchPlan plan(String policy, Precision precision, boolean recompute) {
        return new BenchPlan(
                policy,
                "",
                BenchPlan.Variant.MIXGRPO,
                1,
                5,
                2,
                6,
                2,
                TOKENS,
                3,
                1,
                precision,
                OdePrecision.FP32,
                recompute,
                2);
    }

    private JsonNode measure(BenchPlan plan) throws Exception {
        Path file = folder.resolve("bench.json");
        Console console = new Console(new PrintWriter(out), new PrintWriter(new StringWriter()), 0);
        assertEquals(ExitCode.OK, new IterationRun(plan, new OutputFile("--json", file), console).call());
        return new ObjectMapper().readTree(Files.readAllBytes(file));
    }

    @Test
    void countsPassesAsThePlanHasThem() throws Exception {
        JsonNode figures = measure(plan(FLUX.resolve("transformer").toString(), Precision.FP32, true));
        // A shared step before the window, the shared first step of the window, then four steps for each image.
        assertEquals((2 + 4 * 5) / 5., figures.path("nfePerImage").asDouble());
        // Of each prompt: three later window steps for each image, and the shared one once for each of three updates.
        assertEquals(2 * (3 * 5 + 3), figures.path("trainForwards").asInt());
        assertEquals(2 * (3 * 5 + 3), figures.path("trainBackwards").asInt());
    }

    /** As published: 25 steps, 12 images of a prompt in updates of 3. */
    private JsonNode measure(BenchPlan.Variant variant, int windowStart) throws Exception {
        String policy = FLUX.resolve("transformer").toString();
        return measure(new BenchPlan(
                policy,
                "",
                variant,
                windowStart,
                12,
                3,
                25,
                1,
                TOKENS,
                3,
                1,
                Precision.FP32,
                OdePrecision.FP32,
                false,
                1));
    }

    @Test
    void variantsCallAndTrainTheNetworkAsOftenAsTheirPresets() throws Exception {
        // Shared up to the window's first step, then once an image: (l + 1) + 12 (NFE - l - 1).
        assertWork(measure(BenchPlan.Variant.MIXGRPO, 8), (9 + 12 * 16) / 12., 8, 4, 4);
        assertWork(measure(BenchPlan.Variant.FLASH, 8), (9 + 12 * (3 + 6)) / 12., 8, 4, 4); // ceil(.4 * 13) behind it
        assertWork(measure(BenchPlan.Variant.FLASH_STAR, 0), (1 + 12 * (3 + 5)) / 12., 0, 4, 4); // ceil(.2 * 21)
        assertWork(measure(BenchPlan.Variant.DANCEGRPO, 0), (1 + 12 * 24) / 12., 0, 24, 14); // floor(.6 * 24) of all
    }

    private static void assertWork(JsonNode figures, double nfe, int start, int window, int trained) {
        assertEquals(nfe, figures.path("nfePerImage").asDouble(), 1e-9, figures::toString);
        assertEquals(start, figures.path("windowStart").asInt());
        assertEquals(window, figures.path("windowSize").asInt());
        assertEquals(trained, figures.path("trainedSteps").asInt());
        int passes = figures.path("trainForwards").asInt();
        if (trained == window) {
            assertEquals(4 + 12 * (trained - 1), passes, "the first step once for each of four updates");
        } else {
            // Only those who drew the first step share it.
            assertTrue(passes <= 12 * trained && passes >= 12 * trained - 12 + 4, "%d passes".formatted(passes));
        }
    }

    @Test
    void stepsOutsideTheWindowMayBeCoarse() throws Exception {
        String policy = FLUX.resolve("transformer").toString();
        JsonNode figures = measure(new BenchPlan(
                policy,
                "",
                BenchPlan.Variant.MIXGRPO,
                1,
                5,
                2,
                6,
                1,
                TOKENS,
                3,
                1,
                Precision.FP32,
                OdePrecision.INT8,
                false,
                1));
        assertEquals("int8", figures.path("odePrecision").asText());
        assertEquals(3 * 5 + 3, figures.path("trainForwards").asInt());
    }

    @Test
    void writesEveryFigure() throws Exception {
        JsonNode figures = measure(plan(FLUX.resolve("transformer").toString(), Precision.BF16, false));
        assertTrue(figures.path("secondsPerIteration").asDouble() > 0, figures::toString);
        assertTrue(figures.path("cpuSecondsPerIteration").isNumber(), figures::toString);
        for (String phase : List.of("rollout", "train", "sync", "decode", "reward")) {
            assertTrue(figures.path("phases").path(phase).path("wallSeconds").isNumber(), phase);
            assertTrue(figures.path("phases").path(phase).path("cpuSeconds").isNumber(), phase);
        }
        assertTrue(figures.path("peakMemoryBytes").asLong() > 50_000_000, figures::toString);
        assertEquals(5, figures.path("images").asInt());
        assertEquals(1, figures.path("threads").asInt());
        assertEquals("bf16", figures.path("precision").asText());
        assertEquals(147_280, figures.path("parameters").asLong());
        for (String precision : List.of("fp32", "bf16")) {
            assertTrue(
                    figures.path("matmulGigaflopPerCpuSecond").path(precision).asDouble() > 0, precision);
        }
        for (String line : List.of("rollout ", "train ", "sync ", "iteration ", "network calls per image: 4.40")) {
            assertTrue(out.toString().contains("\n" + line), out::toString);
        }
    }

    @Test
    void randomWeightsNeedTheConfigurationAlone() throws Exception {
        Path config = FLUX.resolve("transformer").resolve("config.json");
        JsonNode figures = measure(plan("random:" + config, Precision.FP32, false));
        assertEquals(147_280, figures.path("parameters").asLong());
        assertEquals(36, figures.path("trainForwards").asInt());
    }

    @Test
    void whatCannotBeMeasuredIsRefused() throws IOException {
        Path broken = Files.writeString(folder.resolve("config.json"), "{");
        for (String policy : List.of(
                "random:" + broken, folder.toString(), folder.resolve("none").toString())) {
            assertThrows(GivenException.class, () -> measure(plan(policy, Precision.FP32, false)));
        }
        Console console = new Console(new PrintWriter(out), new PrintWriter(out), 0);
        BenchPlan plan = plan("random", Precision.FP32, false);
        Path nowhere = folder.resolve("none").resolve("bench.json");
        assertThrows(
                GivenException.class, () -> new IterationRun(plan, new OutputFile("--json", nowhere), console).call());
        assertThrows(
                IllegalArgumentException.class,
                () -> new BenchPlan(
                        "random",
                        "",
                        BenchPlan.Variant.MIXGRPO,
                        3,
                        5,
                        2,
                        6,
                        1,
                        TOKENS,
                        3,
                        1,
                        Precision.FP32,
                        OdePrecision.FP32,
                        true,
                        1));
    }

    @Test
    void wordsThatAreNoneOfAnOptionsAreRefusedWithThoseThatAre() throws IOException {
        expect("--variant", "foo", "expected one of mixgrpo, flash, flash-star, dancegrpo, got 'foo'");
        expect("--precision", "fp64", "expected one of fp32, bf16, got 'fp64'");
        expect("--ode-precision", "int4", "expected one of fp32, int8, got 'int4'");
        Path broken = Files.writeString(folder.resolve("config.json"), "{\"a\": }");
        expect("--policy", "random:" + broken, "--policy random:%s: %1$s: not valid JSON".formatted(broken));
        expect("--model-variant", "fp16", "expected weights of the variant 'fp16'");
    }

    @Test
    void theWeightsOfAVariantAreMeasured() throws Exception {
        Path model = ModelCopies.of(folder.resolve("model"));
        Path plain = model.resolve("transformer").resolve("diffusion_pytorch_model.safetensors");
        Files.move(plain, plain.resolveSibling("diffusion_pytorch_model.fp16.safetensors"));
        Files.writeString(plain, "no weights");
        assertThrows(GivenException.class, () -> measure(tiny(model.toString(), "")));
        assertTrue(measure(tiny(model.toString(), "fp16")).path("parameters").asLong() > 0);
        String message = assertThrows(IllegalArgumentException.class, () -> measure(tiny("random", "fp16")))
                .getMessage();
        assertTrue(message.startsWith("--model-variant: expected with a folder"), message);
    }

    /** Two pictures of one prompt. */
    private static BenchPlan tiny(String policy, String modelVariant) {
        return new BenchPlan(
                policy,
                modelVariant,
                BenchPlan.Variant.MIXGRPO,
                0,
                2,
                2,
                4,
                1,
                TOKENS,
                3,
                1,
                Precision.FP32,
                OdePrecision.FP32,
                false,
                1);
    }

    private static void expect(String option, String value, String message) {
        StringWriter err = new StringWriter();
        int code = Main.commandLine("bench", new BenchCommand())
                .setErr(new PrintWriter(err))
                .execute("iteration", option, value);
        assertEquals(2, code, err::toString);
        assertTrue(err.toString().contains(message), err.toString());
    }
}
