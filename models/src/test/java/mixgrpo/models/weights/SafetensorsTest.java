package mixgrpo.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SafetensorsTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16"})
    void whatIsWrittenIsReadBackRoundedToItsDtype(Dtype dtype) throws IOException {
        ArrayWeights weights = ArrayWeights.random(7);
        Path file = folder.resolve("weights.safetensors");
        SafetensorsWriter.write(file, weights, dtype, Map.of("format", "pt", "step", "12"));
        try (WeightsFile read = SafetensorsFile.open(file)) {
            assertEquals(weights.shapes().keySet(), read.shapes().keySet());
            assertEquals(Map.of("format", "pt", "step", "12"), read.metadata());
            for (String key : weights.shapes().keySet()) {
                assertArrayEquals(weights.shapes().get(key), read.shapes().get(key), key);
                assertEquals(dtype, read.dtypes().get(key));
                float[] expected = weights.floats(key);
                for (int i = 0; i < expected.length; i++) {
                    expected[i] = rounded(dtype, expected[i]);
                }
                assertArrayEquals(expected, read.floats(key), key);
            }
        }
    }

    private static float rounded(Dtype dtype, float value) {
        return switch (dtype) {
            case F16 -> HalfFloats.fromF16(HalfFloats.toF16(value));
            case BF16 -> HalfFloats.fromBf16(HalfFloats.toBf16(value));
            default -> value;
        };
    }

    @Test
    void bytesDependOnlyOnContent() throws IOException {
        ArrayWeights weights = ArrayWeights.random(8);
        Map<String, float[]> backwards = new LinkedHashMap<>();
        List<String> keys = new ArrayList<>(weights.shapes().keySet());
        Collections.reverse(keys);
        keys.forEach(key -> backwards.put(key, weights.floats(key)));
        Path one = folder.resolve("one.safetensors");
        Path two = folder.resolve("two.safetensors");
        SafetensorsWriter.write(one, weights, Dtype.BF16, Map.of("a", "1", "b", "2", "c", "3"));
        SafetensorsWriter.write(
                two, new ArrayWeights(weights.shapes(), backwards), Dtype.BF16, Map.of("c", "3", "b", "2", "a", "1"));
        assertEquals(-1, Files.mismatch(one, two));
    }

    @Test
    void windowsOfAnySizeReadTheSame() throws IOException {
        ArrayWeights weights = ArrayWeights.random(9);
        Path file = folder.resolve("weights.safetensors");
        SafetensorsWriter.write(file, weights, Dtype.F32, Map.of());
        for (int window : new int[] {1003, 4096, 1 << 20}) { // 1003: elements lie across borders
            try (WeightsFile read = SafetensorsFile.open(file, window)) {
                for (String key : weights.shapes().keySet()) {
                    assertArrayEquals(weights.floats(key), read.floats(key), key + " in windows of " + window);
                }
            }
        }
    }

    @Test
    void everyDtypeIsReadAsFloatsAndWholeNumbersAsLongs() throws IOException {
        ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        data.putDouble(0.1).putDouble(-1e300); // F64
        data.putLong(-3).putLong(1L << 40); // I64
        data.putInt(-70000); // I32
        data.putShort((short) -300); // I16
        data.put((byte) -5).put((byte) 200).put((byte) 0).put((byte) 1); // I8, U8, BOOL
        byte[] bytes = Arrays.copyOf(data.array(), data.position());
        Path file = folder.resolve("dtypes.safetensors");
        Files.write(
                file,
                file(
                        """
                        {"f64":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},
                         "i64":{"dtype":"I64","shape":[2,1],"data_offsets":[16,32]},
                         "i32":{"dtype":"I32","shape":[1],"data_offsets":[32,36]},
                         "i16":{"dtype":"I16","shape":[1],"data_offsets":[36,38]},
                         "i8":{"dtype":"I8","shape":[],"data_offsets":[38,39]},
                         "u8":{"dtype":"U8","shape":[1],"data_offsets":[39,40]},
                         "bool":{"dtype":"BOOL","shape":[2],"data_offsets":[40,42]},
                         "none":{"dtype":"F32","shape":[4,0],"data_offsets":[42,42]}}""",
                        bytes));
        try (WeightsFile read = WeightsFile.open(file)) {
            assertArrayEquals(new float[] {0.1f, Float.NEGATIVE_INFINITY}, read.floats("f64"));
            assertArrayEquals(new float[] {-3, 1L << 40}, read.floats("i64"));
            assertArrayEquals(new long[] {-3, 1L << 40}, read.longs("i64"));
            assertArrayEquals(new long[] {-70000}, read.longs("i32"));
            assertArrayEquals(new long[] {-300}, read.longs("i16"));
            assertArrayEquals(new long[] {-5}, read.longs("i8"));
            assertArrayEquals(new long[] {200}, read.longs("u8"));
            assertArrayEquals(new byte[] {(byte) 200}, read.bytes("u8"));
            assertArrayEquals(new long[] {0, 1}, read.longs("bool"));
            assertArrayEquals(new long[0], read.shapes().get("i8"));
            assertEquals(0, read.floats("none").length);
            assertThrows(IllegalArgumentException.class, () -> read.longs("f64"));
            assertThrows(IllegalArgumentException.class, () -> read.floats("absent"));
        }
    }

    @Test
    void aClosedFileIsNotRead() throws IOException {
        Path file = folder.resolve("weights.safetensors");
        SafetensorsWriter.write(file, ArrayWeights.random(3), Dtype.F32, Map.of());
        WeightsFile read = WeightsFile.open(file);
        read.close();
        assertThrows(IllegalStateException.class, () -> read.floats("scale"));
    }

    /** A file as the format lays it out. */
    static byte[] file(String header, byte... data) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        return bytes.putLong(json.length).put(json).put(data).array();
    }

    @Test
    void readsBothEndsOfAFileBeyondFourGigabytesInLittleMemory() throws IOException {
        long large = 4_500_000_000L;
        Path file = sparseFile("F32", 4, large);
        long before = anonymousKilobytes();
        try (WeightsFile read = SafetensorsFile.open(file)) {
            assertArrayEquals(new float[] {1, 2}, read.floats("first"));
            assertArrayEquals(new float[] {3, 4}, read.floats("last"));
            assertArrayEquals(new long[] {large / 4 / 1000, 1000}, read.shapes().get("large"));
        }
        long grown = anonymousKilobytes() - before;
        assertTrue(grown < 100_000, "anonymous memory grew by " + grown + " kB");
    }

    @Test
    @Tag("slow")
    void readsAllOfTwoGigabytesInLittleMemory() throws IOException {
        long large = 2_000_000_000L;
        Path file = sparseFile("F16", 2, large);
        long before = anonymousKilobytes();
        long[] values = new long[1];
        long start = System.nanoTime();
        try (WeightsFile read = SafetensorsFile.open(file)) {
            for (String key : read.shapes().keySet()) {
                read.pieces(key, piece -> values[0] += piece.remaining());
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        long grown = anonymousKilobytes() - before;
        System.out.printf("2 GB of F16 read in %.1f s, anonymous memory grew by %d kB%n", seconds, grown);
        assertEquals(large / 2 + 4, values[0]);
        assertTrue(grown < 100_000, "anonymous memory grew by " + grown + " kB");
    }

    /** Two values of float32, a large array that takes no room on the disk, two values. */
    private Path sparseFile(String dtype, int elementBytes, long largeBytes) throws IOException {
        Path file = folder.resolve("large.safetensors");
        byte[] header = file(
                """
                {"first":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                 "large":{"dtype":"%s","shape":[%d,1000],"data_offsets":[8,%d]},
                 "last":{"dtype":"F32","shape":[2],"data_offsets":[%d,%d]}}"""
                        .formatted(
                                dtype,
                                largeBytes / elementBytes / 1000,
                                8 + largeBytes,
                                8 + largeBytes,
                                16 + largeBytes));
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            ByteBuffer values = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            sparse.write(header);
            sparse.write(values.putFloat(0, 1).putFloat(4, 2).array());
            sparse.seek(header.length + 8 + largeBytes);
            sparse.write(values.putFloat(0, 3).putFloat(4, 4).array());
        }
        return file;
    }

    static long anonymousKilobytes() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("RssAnon:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void aValueThatDoesNotFitIsRefusedAndNothingIsLeft() throws IOException {
        Map<String, float[]> values = Map.of("layer.weight", new float[] {1, 65520f});
        ArrayWeights weights = new ArrayWeights(Map.of("layer.weight", new long[] {2}), values);
        Path file = folder.resolve("weights.safetensors");
        var error = assertThrows(
                IllegalArgumentException.class, () -> SafetensorsWriter.write(file, weights, Dtype.F16, Map.of()));
        assertTrue(error.getMessage().contains("layer.weight"), error.getMessage());
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void aMissingFolderIsNamed() {
        Path file = folder.resolve("absent").resolve("weights.safetensors");
        String message = assertThrows(
                        IOException.class,
                        () -> SafetensorsWriter.write(file, ArrayWeights.random(1), Dtype.F32, Map.of()))
                .getMessage();
        assertEquals("cannot write " + file + ": its folder does not exist", message);
    }

    @Test
    void aFailedWriteKeepsTheOldFile() throws IOException {
        Path file = folder.resolve("weights.safetensors");
        SafetensorsWriter.write(file, ArrayWeights.random(1), Dtype.F32, Map.of());
        byte[] old = Files.readAllBytes(file);
        ArrayWeights broken = ArrayWeights.random(2);
        Weights failing = new Weights() {
            @Override
            public Map<String, long[]> shapes() {
                return broken.shapes();
            }

            @Override
            public void read(String key, FloatBuffer target) {
                throw new IllegalStateException("lost");
            }
        };
        assertThrows(IllegalStateException.class, () -> SafetensorsWriter.write(file, failing, Dtype.F32, Map.of()));
        assertArrayEquals(old, Files.readAllBytes(file));
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(file), left.toList());
        }
    }

    /** Arrays in memory. */
    record ArrayWeights(Map<String, long[]> shapes, Map<String, float[]> values) implements Weights {

        /** Normal values in several sizes, one of them longer than the writer's buffer. */
        static ArrayWeights random(long seed) {
            Random random = new Random(seed);
            Map<String, long[]> shapes = new LinkedHashMap<>();
            shapes.put("norm.weight", new long[] {7});
            shapes.put("attn.to_q.weight", new long[] {33, 5});
            shapes.put("scale", new long[0]);
            shapes.put("proj.weight", new long[] {1000, 301});
            shapes.put("empty", new long[] {3, 0});
            shapes.put("überschrift", new long[] {2, 2, 2});
            Map<String, float[]> values = new LinkedHashMap<>();
            shapes.forEach((key, shape) -> {
                float[] array = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
                for (int i = 0; i < array.length; i++) {
                    array[i] = (float) random.nextGaussian();
                }
                values.put(key, array);
            });
            return new ArrayWeights(shapes, values);
        }

        @Override
        public void read(String key, FloatBuffer target) {
            target.put(values.get(key));
        }
    }
}
