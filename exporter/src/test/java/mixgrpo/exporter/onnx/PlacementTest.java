package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.LoraFactors;
import mixgrpo.models.lora.MergedWeights;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.SafetensorsWriter;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where weights lie, each way loaded and run by ONNX Runtime from the file. */
class PlacementTest {

    private static final VaeConfig CONFIG = new VaeConfig(3, 3, 4, List.of(8, 16, 16), 1, 4, true, true, true, 1, 0);

    private static final Map<String, Array> LATENTS = Map.of("latents", RandomWeights.input(1, 1, 4, 4, 4));

    @TempDir
    private Path folder;

    private Path source;

    @BeforeEach
    void makeFolder() throws IOException {
        source = Files.createDirectories(folder.resolve("model/vae"));
    }

    private WeightsFile weights(Dtype dtype) throws IOException {
        Path file = source.resolve("diffusion_pytorch_model.safetensors");
        Map<String, long[]> shapes = OnnxExport.of(AutoencoderKl.decoder(CONFIG), OnnxOptions.portable())
                .parameters();
        SafetensorsWriter.write(file, RandomWeights.of(shapes, 3), dtype, Map.of());
        return WeightsFile.open(file);
    }

    private static OnnxModel model(OnnxOptions options) {
        return OnnxExport.of(AutoencoderKl.decoder(CONFIG), options);
    }

    private static float[] expected(Weights weights) {
        return OnnxRunner.run(model(OnnxOptions.portable()).withWeights(weights), LATENTS)
                .get("image")
                .values();
    }

    private static OnnxModel pointing(Weights weights) {
        return model(OnnxOptions.portable().withTypesOf(weights));
    }

    @ParameterizedTest
    @EnumSource(
            value = Dtype.class,
            names = {"F32", "F16", "BF16"})
    void weightsAreReadWhereTheyAreWhateverTheirFormat(Dtype dtype) throws Exception {
        try (WeightsFile weights = weights(dtype)) {
            for (Path dir :
                    List.of(source, source.resolveSibling("onnx"), folder.resolve("model"), source.resolve("a/b"))) {
                WrittenModel written = pointing(weights).write(dir, weights, WeightsPlacement.SOURCE);
                assertArrayEquals(expected(weights), OnnxRunner.run(written.file(), LATENTS), dir.toString());
                assertEquals(0, written.dataBytes());
                assertEquals(List.of(), written.beside());
                long pointed = written.sources().values().stream()
                        .mapToLong(Long::longValue)
                        .sum();
                assertEquals(
                        Files.size(source.resolve("diffusion_pytorch_model.safetensors")), pointed + headerBytes());
                OnnxFile file = OnnxFile.read(written.file());
                assertEquals(List.of(), file.problems());
                assertEquals(pointed, file.bytesByLocation().values().iterator().next());
                assertTrue(
                        file.metadata().get(OnnxModel.SOURCES).contains(".safetensors "),
                        file.metadata().toString());
            }
        }
    }

    private long headerBytes() throws IOException {
        byte[] start = Files.readAllBytes(source.resolve("diffusion_pytorch_model.safetensors"));
        return 8 + ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    @Test
    void whatAnAdapterChangesIsWrittenBesideAndTheRestPointedTo() throws Exception {
        try (WeightsFile weights = weights(Dtype.BF16)) {
            String layer = "decoder.mid_block.attentions.0.to_q";
            Lora lora = new Lora(
                    Map.of(layer, new LoraFactors(RandomWeights.input(5, 2, 16), RandomWeights.input(6, 16, 2), 0.5)));
            Weights merged = MergedWeights.of(weights, lora, "test");
            WrittenModel written = pointing(merged).write(folder.resolve("out"), merged, WeightsPlacement.SOURCE);
            assertEquals(List.of(layer + ".weight"), written.beside());
            assertArrayEquals(expected(merged), OnnxRunner.run(written.file(), LATENTS));
        }
    }

    @Test
    void anotherFileInTheWayAndAnotherFileSystemAreRefused() throws Exception {
        try (WeightsFile weights = weights(Dtype.F32)) {
            Path out = Files.createDirectories(folder.resolve("out"));
            Files.writeString(out.resolve("diffusion_pytorch_model.safetensors"), "mine");
            IOException taken = assertThrows(
                    IOException.class, () -> pointing(weights).write(out, weights, WeightsPlacement.SOURCE));
            assertTrue(taken.getMessage().contains("another file"), taken.getMessage());
            assertEquals("mine", Files.readString(out.resolve("diffusion_pytorch_model.safetensors")));

            Path memory = Path.of("/dev/shm");
            assumeTrue(Files.isWritable(memory) && !Files.getFileStore(memory).equals(Files.getFileStore(source)));
            Path far = Files.createTempDirectory(memory, "mixgrpo-placement");
            try {
                IOException apart = assertThrows(
                        IOException.class, () -> pointing(weights).write(far, weights, WeightsPlacement.SOURCE));
                assertTrue(apart.getMessage().contains("same file system"), apart.getMessage());
            } finally {
                Files.delete(far);
            }
        }
    }

    @Test
    void weightsAsInputsAndInsideGiveTheSame() throws Exception {
        try (WeightsFile weights = weights(Dtype.F32)) {
            OnnxModel model = model(OnnxOptions.portable());
            Map<String, Array> all = new LinkedHashMap<>(LATENTS);
            weights.shapes().forEach((key, shape) -> all.put(key, new Array(shape, weights.floats(key))));
            WrittenModel fed = model.write(folder.resolve("fed"), weights, WeightsPlacement.INPUTS);
            assertArrayEquals(
                    expected(weights), OnnxRunner.run(fed.file(), all), 1e-5f); // weights are not folded before
            WrittenModel inside = model.write(folder.resolve("inside"), weights, WeightsPlacement.EMBEDDED);
            WrittenModel beside = model.write(folder.resolve("beside"), weights, WeightsPlacement.EXTERNAL);
            assertArrayEquals(expected(weights), OnnxRunner.run(inside.file(), LATENTS));
            assertEquals(model.sha256(weights), inside.sha256().orElseThrow());
            assertEquals(inside.sha256(), beside.sha256());
            assertEquals(
                    inside.sha256().get(),
                    OnnxFile.read(beside.file()).metadata().get(OnnxModel.SHA256));
            for (WeightsPlacement placement : WeightsPlacement.values()) {
                WrittenModel plan = model.plan(folder.resolve("nowhere"), weights, placement);
                assertTrue(Files.notExists(folder.resolve("nowhere")), plan.toString());
            }
        }
    }
}
