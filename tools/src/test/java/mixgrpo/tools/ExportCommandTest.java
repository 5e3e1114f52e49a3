package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import mixgrpo.exporter.onnx.ElementType;
import mixgrpo.exporter.onnx.OnnxFile;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import mixgrpo.tools.export.ModelPart;
import mixgrpo.tools.model.SparseFlux;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportCommandTest {

    private static final Path FLUX = GoldenReport.folder("models", "flux");

    private StringWriter out;
    private StringWriter err;

    @TempDir
    private Path folder;

    private int export(Object... arguments) {
        out = new StringWriter();
        err = new StringWriter();
        return Main.commandLine("export", new ExportCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    }

    private OnnxFile exported(Path dir, ModelPart part) throws IOException {
        return OnnxFile.read(dir.resolve(part.toString().replace('-', '_')).resolve("model.onnx"));
    }

    private static List<String> names(List<OnnxFile.Port> ports) {
        return ports.stream().map(OnnxFile.Port::name).toList();
    }

    @Test
    void everyPartOfAModelIsExportedInEveryWay() throws IOException {
        int run = 0;
        for (String form : List.of("portable", "ort")) {
            for (String precision : List.of("fp32", "fp16", "bf16", "int8")) {
                for (String io : List.of("native", "diffusers")) {
                    String weights = List.of("external", "embedded", "source").get(run % 3);
                    Path to = folder.resolve("run" + run++);
                    assertEquals(
                            0,
                            export(
                                    "onnx",
                                    "--model",
                                    FLUX,
                                    "--out",
                                    to,
                                    "--form",
                                    form,
                                    "--precision",
                                    precision,
                                    "--io",
                                    io,
                                    "--weights",
                                    weights),
                            () -> err.toString());
                    for (ModelPart part : List.of(
                            ModelPart.TRANSFORMER,
                            ModelPart.VAE_DECODER,
                            ModelPart.VAE_ENCODER,
                            ModelPart.TEXT_ENCODER,
                            ModelPart.TEXT_ENCODER_2)) {
                        OnnxFile file = exported(to, part);
                        assertEquals(List.of(), file.problems(), part.toString());
                        assertEquals(precision, file.metadata().get("precision"));
                        assertEquals(part.toString(), file.metadata().get("component"));
                        assertEquals(
                                precision.equals("bf16") && !weights.equals("source"),
                                file.bytesByType().containsKey(ElementType.BFLOAT16));
                    }
                    if (io.equals("diffusers")) {
                        assertTrue(names(exported(to, ModelPart.TRANSFORMER).inputs())
                                .containsAll(List.of("hidden_states", "timestep", "img_ids", "txt_ids")));
                        assertEquals(
                                List.of("input_ids"),
                                names(exported(to, ModelPart.TEXT_ENCODER_2).inputs()));
                    }
                }
            }
        }
    }

    @Test
    void sd3IsExportedAsDiffusersCallsIt() throws IOException {
        for (Path model : TransformerCase.sd3Folders()) {
            Path index = Files.createDirectories(folder.resolve(model.getFileName()));
            Files.createSymbolicLink(index.resolve("transformer"), model.resolve("transformer"));
            Files.writeString(
                    index.resolve("model_index.json"),
                    "{\"_class_name\": \"StableDiffusion3Pipeline\", \"transformer\": [\"diffusers\", \"SD3Transformer2DModel\"]}");
            Path to = index.resolve("out");
            assertEquals(0, export("onnx", "--model", index, "--io", "diffusers", "--out", to), () -> err.toString());
            assertEquals(
                    List.of("hidden_states", "encoder_hidden_states", "pooled_projections", "timestep"),
                    names(exported(to, ModelPart.TRANSFORMER).inputs()));
        }
    }

    /** Some writers do not pad the header, and then other programs cannot map the weights. */
    @Test
    void weightsAtOddAddressesAreCopiedAndSaysWhy() throws IOException {
        Path model = ModelCopies.of(folder.resolve("odd"));
        Path weights = model.resolve("transformer/diffusion_pytorch_model.safetensors");
        ByteBuffer old = ByteBuffer.wrap(Files.readAllBytes(weights)).order(ByteOrder.LITTLE_ENDIAN);
        int header = Math.toIntExact(old.getLong());
        ByteBuffer odd = ByteBuffer.allocate(old.capacity() + 1).order(ByteOrder.LITTLE_ENDIAN);
        odd.putLong(header + 1L)
                .put(old.slice(Long.BYTES, header))
                .put((byte) ' ')
                .put(old.slice(Long.BYTES + header, old.capacity() - Long.BYTES - header));
        Files.write(weights, odd.array());
        assertEquals(
                0,
                export(
                        "onnx",
                        "--model",
                        model,
                        "--component",
                        "transformer",
                        "--weights",
                        "source",
                        "--dry-run",
                        "--out",
                        folder.resolve("none")),
                () -> err.toString());
        assertTrue(out.toString().contains(" parameters are at no even address of the model's files"), out.toString());
        assertFalse(out.toString().contains("points into"), out.toString());
    }

    @Test
    void adaptersStayBesideTheWeightsOrAreMerged() throws IOException {
        Path lora = FLUX.resolve("lora").resolve("pytorch_lora_weights.safetensors");
        Path beside = folder.resolve("beside");
        assertEquals(
                0,
                export("onnx", "--model", FLUX, "--component", "transformer", "--lora", lora + ":0.5", "--out", beside),
                () -> err.toString());
        OnnxFile unmerged = exported(beside, ModelPart.TRANSFORMER);
        assertTrue(names(unmerged.inputs()).contains("lora_scale"));
        assertTrue(
                unmerged.metadata().get("lora").endsWith(" x 0.5"),
                unmerged.metadata().toString());
        Path merged = folder.resolve("merged");
        assertEquals(
                0,
                export(
                        "onnx",
                        "--model",
                        FLUX,
                        "--component",
                        "transformer",
                        "--lora",
                        lora,
                        "--merge",
                        "--weights",
                        "source",
                        "--out",
                        merged),
                () -> err.toString());
        assertTrue(out.toString().contains("lie in the data file: "), out.toString());
        assertEquals(
                2, exported(merged, ModelPart.TRANSFORMER).bytesByLocation().size());
        assertTrue(!names(exported(merged, ModelPart.TRANSFORMER).inputs()).contains("lora_scale"));
    }

    @Test
    void aDryRunWritesNothing() throws IOException {
        Path to = folder.resolve("none");
        assertEquals(0, export("onnx", "--model", FLUX, "--out", to, "--weights", "source", "--dry-run"));
        assertTrue(out.toString().contains("would write"), out.toString());
        assertTrue(out.toString().contains("points into"), out.toString());
        assertTrue(Files.notExists(to));
    }

    /** True shapes of FLUX.1-dev over files of holes: nothing of the 24 GB is read or written. */
    @Test
    void aLargeTransformerIsExportedByPointingIntoItsFiles() throws IOException {
        Path model = Files.createDirectory(folder.resolve("flux"));
        SparseFlux.write(model);
        Path to = folder.resolve("out");
        assertEquals(
                0,
                export(
                        "onnx",
                        "--model",
                        model,
                        "--component",
                        "transformer",
                        "--precision",
                        "bf16",
                        "--weights",
                        "source",
                        "--io",
                        "diffusers",
                        "--out",
                        to),
                () -> err.toString());
        OnnxFile file = exported(to, ModelPart.TRANSFORMER);
        assertEquals(List.of(), file.problems());
        assertTrue(file.bytes() < 4_000_000, "" + file.bytes());
        assertTrue(
                file.bytesByType().get(ElementType.BFLOAT16) > 23_000_000_000L,
                file.bytesByType().toString());
        assertEquals(1, file.bytesByLocation().size());
    }

    @Test
    void inspectionIsTextOrJsonAndSaysWhatIsMissing() throws IOException {
        Path to = folder.resolve("out");
        export("onnx", "--model", FLUX, "--component", "vae-decoder,vae-encoder", "--out", to);
        Path file = to.resolve("vae_decoder/model.onnx");
        assertEquals(0, export("inspect", file), () -> err.toString());
        assertTrue(out.toString().contains("in   latents float[batch, "), out.toString());
        assertEquals(0, export("inspect", file, "--json", "--tensors"));
        JsonNode json = new ObjectMapper().readTree(out.toString());
        assertEquals(18, json.path("operator_sets").path("").asInt());
        assertTrue(json.path("nodes").asInt() > 10);
        assertEquals("vae-decoder", json.path("metadata").path("component").asText());
        assertEquals(json.path("initializers").asInt(), json.path("tensors").size());
        String data = json.path("external_files").fieldNames().next();
        Files.delete(file.resolveSibling(data));
        assertEquals(3, export("inspect", file));
        assertTrue(out.toString().contains("PROBLEM external data"), out.toString());
        assertEquals(2, export("inspect", Files.writeString(folder.resolve("x.onnx"), "no")));
        assertTrue(err.toString().contains("x.onnx: expected an ONNX model"), err.toString());
        assertEquals(2, export("inspect", folder.resolve("none.onnx")));
    }

    @Test
    void whatCannotBeIsRefusedWithTheOptionThatAskedForIt() {
        Path to = folder.resolve("out");
        for (String[] given : new String[][] {
            {"--component", "unet", "--component"},
            {"--component", "text-encoder", "--component text-encoder"},
            {"--precision", "fp8", "--precision"},
            {"--merge", "--out", to.toString(), "--merge"},
            {"--lora", "none.safetensors", "--lora"},
            {"--tuned", "none", "--tuned"},
            {"--precision=int8", "--weights=inputs", "--precision int8"},
            {"--sha256", "--weights=external", "--sha256"},
            {"--model", "none", "none"}
        }) {
            Object[] arguments = Stream.concat(
                            Stream.of("onnx", "--out", to.toString()),
                            Arrays.stream(given).limit(given.length - 1))
                    .toArray();
            assertEquals(2, export(arguments), String.join(" ", given));
            assertTrue(err.toString().contains(given[given.length - 1]), err.toString());
            assertTrue(Files.notExists(to), err.toString());
        }
        assertEquals(2, export());
        assertTrue(err.toString().contains("onnx, engine, verify, single, inspect"), err.toString());
    }

    @Test
    void writingAgainGivesTheSameBytes() throws IOException {
        Path to = folder.resolve("out");
        Object[] arguments = {"onnx", "--model", FLUX, "--component", "vae-decoder", "--out", to};
        export(arguments);
        byte[] first = Files.readAllBytes(to.resolve("vae_decoder/model.onnx"));
        export(arguments);
        assertArrayEquals(first, Files.readAllBytes(to.resolve("vae_decoder/model.onnx")));
    }
}
