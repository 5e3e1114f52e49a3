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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.JsonFile;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.ModelFolder.PartClass;
import mixgrpo.tools.train.MicroModel;
import mixgrpo.trainer.pretrain.Initialization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportVerifyCommandTest {

    private static final Path FLUX = GoldenReport.folder("models", "flux");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private int export(Object... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.commandLine("export", new ExportCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    }

    private JsonNode report(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    /** The tiny networks of the goldens have no layer that is wide enough for them. */
    @Test
    void theBuiltInTransformerPassesIn8BitIntegers() {
        int code = export("verify", "--component", "transformer", "--precision", "int8");
        assertEquals(0, code, () -> out + "\n" + err);
    }

    @Test
    void everyNetworkOfAModelPassesInEveryFormAndPrecision() throws IOException {
        Path json = folder.resolve("report.json");
        for (String form : List.of("ort", "portable")) {
            for (String precision : List.of("fp32", "fp16", "int8")) {
                int code = export(
                        "verify",
                        "--model",
                        FLUX,
                        "--form",
                        form,
                        "--precision",
                        precision,
                        "--side",
                        16,
                        "--out",
                        json);
                assertEquals(0, code, () -> out + "\n" + err);
                assertTrue(out.toString().endsWith("PASSED\n"), out::toString);
                JsonNode report = report(json);
                assertTrue(report.path("passed").asBoolean());
                List<String> names = new ArrayList<>();
                report.path("components")
                        .forEach(component -> names.add(
                                component.path("verdict").path("component").asText()));
                assertEquals(
                        List.of("text-encoder", "text-encoder-2", "transformer", "vae-decoder", "vae-encoder"),
                        names.stream().sorted().toList());
                for (JsonNode component : report.path("components")) {
                    checkTrials(component.path("verdict"));
                }
            }
        }
    }

    private static void checkTrials(JsonNode verdict) {
        String name = verdict.path("component").asText();
        assertEquals(2, verdict.path("trials").size(), name);
        assertTrue(verdict.path("trials").path(0).path("stages").size() > 0, name + " has no stages");
        for (JsonNode output : verdict.path("trials").path(1).path("outputs")) {
            assertTrue(output.path("change").asDouble() > 1e-3, name + " did not change: " + output);
            assertTrue(output.path("difference").path("cosine").asDouble() > .99, name);
            assertEquals(
                    output.path("shape").size(),
                    output.path("difference").path("worst").size(),
                    name);
        }
    }

    @Test
    void weightsMayBeInputs() throws IOException {
        assertEquals(
                0,
                export(
                        "verify",
                        "--model",
                        MicroModel.write(folder.resolve("micro"), 1).folder(),
                        "--sync-mode",
                        "inputs"),
                out::toString);
        assertTrue(out.toString().contains("weights by inputs"), out::toString);
    }

    @Test
    void stableDiffusion3Passes() throws IOException {
        try (Stream<Path> goldens = Files.list(GoldenReport.folder("models", "sd3"))) {
            for (Path golden : goldens.filter(path -> Files.isDirectory(path.resolve("transformer")))
                    .toList()) {
                Path model = Files.createDirectories(folder.resolve(golden.getFileName()));
                Map<String, PartClass> parts = new LinkedHashMap<>();
                parts.put("transformer", new PartClass("diffusers", "SD3Transformer2DModel"));
                parts.put("vae", new PartClass("diffusers", "AutoencoderKL"));
                ModelFolder.writeIndex(model, "StableDiffusion3Pipeline", parts);
                Files.createSymbolicLink(
                        model.resolve("transformer"),
                        golden.resolve("transformer").toAbsolutePath());
                int channels = Sd3Config.of(JsonFile.read(golden.resolve("transformer/config.json")))
                        .inChannels();
                VaeConfig vae = new VaeConfig(3, 3, channels, List.of(8, 8), 1, 4, true, false, false, 1.5, .1);
                Component.write(
                        model.resolve("vae"),
                        vae.json(),
                        new Initialization(AutoencoderKl.checkpoint(vae), key -> false, 1),
                        Dtype.F32);
                assertEquals(0, export("verify", "--model", model), () -> out + "\n" + err);
            }
        }
    }

    @Test
    void referenceMayBeAnotherEngine() {
        assertEquals(
                0,
                export("verify", "--model", FLUX, "--component", "transformer", "--reference", "ort", "--no-stages"),
                out::toString);
        assertTrue(out.toString().contains("against ONNX Runtime on the CPU, portable form"), out::toString);
        assertFalse(out.toString().contains("stages"), out::toString);
    }

    @Test
    void aComponentThatTheModelLacksIsRefused() {
        assertEquals(2, export("verify", "--model", FLUX, "--component", "unet"));
        assertTrue(err.toString().contains("--component: expected one of transformer, vae-decoder"), err::toString);
        assertEquals(2, export("verify", "--model", FLUX, "--component", "text-encoder-3"));
        assertTrue(
                err.toString().contains("--component text-encoder-3: expected one of [transformer, vae-decoder"),
                err::toString);
        assertEquals(2, export("verify", "--model", FLUX, "--variant", "fp8"));
        assertTrue(err.toString().contains("fp8"), err::toString);
        assertEquals(2, export("verify", "--model", FLUX, "--threads", "0"));
        assertTrue(err.toString().contains("--threads: expected 1 or more, got 0"), err::toString);
        assertEquals(2, export("verify", "--model", FLUX, "--sync-mode", "refit"));
        assertEquals(2, export("verify", "--model", FLUX, "--batch", "0"));
        assertEquals(2, export("verify", "--model", folder.resolve("nothing")));
    }
}
