package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.text.T5Encoder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxFileTest {

    private static final T5Config CONFIG = new T5Config(20, 8, 4, 16, 1, 2, 8, 16, 1e-6);

    @TempDir
    private Path folder;

    private static OnnxModel model() {
        return OnnxExport.of(
                T5Encoder.of(CONFIG),
                OnnxOptions.portable().withPrecision(Precision.BF16).withMetadata(Map.of("source", "here")),
                Signature.t5(CONFIG));
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("model.onnx"), bytes);
    }

    @Test
    void whatWasWrittenIsRead() throws IOException {
        OnnxModel model = model();
        OnnxFile file = OnnxFile.read(file(model.withWeights(RandomWeights.of(model.parameters(), 1))));
        assertEquals(List.of(), file.problems());
        assertEquals(Map.of("", 22L), file.operatorSets());
        assertEquals(10, file.irVersion());
        assertEquals(model.operators(), file.operators());
        assertEquals(List.of(new OnnxFile.Port("input_ids", "int64", List.of("batch", "tokens"))), file.inputs());
        assertEquals(
                List.of(new OnnxFile.Port("last_hidden_state", "float", List.of("batch", "tokens", "8"))),
                file.outputs());
        assertEquals("here", file.metadata().get("source"));
        model.types().forEach((key, type) -> {
            OnnxFile.Initializer found = file.initializers().stream()
                    .filter(initializer -> initializer.name().equals(key))
                    .findFirst()
                    .orElseThrow();
            assertEquals(type, found.type(), key);
            assertTrue(Arrays.equals(model.parameters().get(key), found.shape()), key);
        });
    }

    @Test
    void aFileOfAnotherProgramIsRead() throws IOException {
        Path path = folder.resolve("minilm.onnx");
        try (InputStream model = OnnxFileTest.class.getResourceAsStream("/all-minilm-l6-v2-q.onnx")) {
            Files.copy(model, path);
        }
        OnnxFile file = OnnxFile.read(path);
        assertEquals(List.of(), file.problems());
        assertTrue(
                file.operators().getOrDefault("MatMulInteger", 0) > 10,
                file.operators().toString());
        assertTrue(file.inputs().stream().anyMatch(input -> input.name().equals("input_ids")));
        assertTrue(
                file.bytesByType().get(ElementType.INT8) > 1_000_000,
                file.bytesByType().toString());
    }

    @Test
    void whatIsMissingBesideItIsAProblem() throws IOException {
        OnnxModel model = model();
        WrittenModel written =
                model.write(folder.resolve("out"), RandomWeights.of(model.parameters(), 1), WeightsPlacement.EXTERNAL);
        assertEquals(List.of(), OnnxFile.read(written.file()).problems());
        String data = OnnxFile.read(written.file())
                .bytesByLocation()
                .keySet()
                .iterator()
                .next();
        Path beside = written.file().resolveSibling(data);
        byte[] bytes = Files.readAllBytes(beside);
        Files.write(beside, Arrays.copyOf(bytes, bytes.length - 1));
        assertTrue(OnnxFile.read(written.file()).problems().get(0).contains("at least"));
        Files.delete(beside);
        assertTrue(OnnxFile.read(written.file()).problems().get(0).contains("found none"));
        Files.createSymbolicLink(beside, Files.write(folder.resolve("elsewhere"), bytes));
        assertTrue(OnnxFile.read(written.file()).problems().get(0).contains("outside"));
    }

    @Test
    void damagedFilesAreRefusedWithTheirNameOrReadAndNothingElse() throws IOException {
        OnnxModel model = model();
        byte[] whole = model.withWeights(RandomWeights.of(model.parameters(), 1));
        for (int length = 0; length < whole.length; length += 61) {
            readsOrRefuses(Arrays.copyOf(whole, length));
        }
        long seed = 11;
        Random random = new Random(seed);
        for (int run = 0; run < 3000; run++) {
            byte[] changed = whole.clone();
            for (int change = 0; change <= random.nextInt(4); change++) {
                changed[random.nextInt(run % 2 == 0 ? whole.length : 4096)] = (byte) random.nextInt();
            }
            readsOrRefuses(changed);
        }
        for (byte[] bytes :
                List.of(new byte[0], new byte[] {(byte) 0xFF}, "PK not a model".getBytes(), new byte[5000])) {
            assertThrows(IOException.class, () -> OnnxFile.read(file(bytes)));
        }
        assertThrows(NoSuchFileException.class, () -> OnnxFile.read(folder.resolve("none.onnx")));
    }

    private void readsOrRefuses(byte[] bytes) throws IOException {
        Path path = file(bytes);
        try {
            assertFalse(OnnxFile.read(path).path().toString().isEmpty());
        } catch (IOException e) {
            assertTrue(
                    e.getMessage().contains("model.onnx")
                            && e.getMessage().chars().noneMatch(Character::isISOControl),
                    e.getMessage());
        }
    }

    @Test
    void countsThatOnlyAHostileFileHasAreRefused() throws IOException {
        Protobuf deep = new Protobuf();
        for (int level = 0; level < 200; level++) {
            deep = new Protobuf()
                    .message(
                            1,
                            new Protobuf()
                                    .text(4, "If")
                                    .message(5, new Protobuf().text(1, "g").message(6, deep)));
        }
        Protobuf nested = new Protobuf().number(1, 8).message(7, deep);
        assertTrue(assertThrows(IOException.class, () -> OnnxFile.read(file(nested.toBytes())))
                .getMessage()
                .contains("levels"));
        Protobuf huge = new Protobuf().number(2, 1).text(8, "w");
        for (int axis = 0; axis < 8; axis++) {
            huge.number(1, Integer.MAX_VALUE);
        }
        Protobuf graph = new Protobuf().number(1, 8).message(7, new Protobuf().message(5, huge));
        assertTrue(assertThrows(IOException.class, () -> OnnxFile.read(file(graph.toBytes())))
                .getMessage()
                .contains("more elements"));
    }
}
