package mixgrpo.models.weights;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class HostileSafetensorsTest {

    @TempDir
    Path folder;

    static Stream<Arguments> hostileFiles() {
        String a = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";
        return Stream.of(
                arguments("empty file", new byte[0], "too short"),
                arguments("seven bytes", new byte[7], "too short"),
                arguments("header longer than the file", length(1000, "{}"), "ends after 2"),
                arguments("header over the cap", length(100_000_001L, "{}"), "claim a header of 100000001"),
                arguments("negative header", length(-1, "{}"), "claim a header of 18446744073709551615"),
                arguments("no header", length(0, ""), "not a JSON object"),
                arguments("not JSON", header("{\"a\": nonsense}", 0), "not valid JSON"),
                arguments("JSON array", header("[]", 0), "not a JSON object"),
                arguments("blank before the brace", header(" {}", 0), "not a JSON object"),
                arguments("cut JSON", header("{\"a\":{\"dtype\":\"F32\"", 0), "not valid JSON"),
                arguments("second object", header("{}{}", 0), "something follows"),
                arguments("broken UTF-8", length(6, "{\"" + (char) 0xff + "\":1"), "not valid JSON"),
                arguments("deep nesting", header("{\"a\":" + "[".repeat(100_000), 0), "a"),
                arguments("twice the same key", header(a + "," + a.substring(1) + "}", 8), "Duplicate field 'a'"),
                arguments("a place that is known", header("{\"a\": nonsense}", 0), "(character 6)"),
                arguments(
                        "twice the same metadata",
                        header("{\"__metadata__\":{\"x\":\"\",\"x\":\"\"}}", 0),
                        "Duplicate"),
                arguments("metadata is a list", header("{\"__metadata__\":[]}", 0), "__metadata__: expected an object"),
                arguments("metadata is a number", header("{\"__metadata__\":{\"x\":1}}", 0), "expected text in 'x'"),
                arguments("array is a number", header("{\"a\":1}", 0), "'a': expected an object"),
                arguments("no dtype", header("{\"a\":{\"shape\":[],\"data_offsets\":[0,4]}}", 4), "expected a dtype"),
                arguments("dtype is an object", array("{}", "[1]", "[0,4]", 4), "expected a dtype"),
                arguments("dtype is a list", array("[[1]]", "[1]", "[0,4]", 4), "expected a dtype"),
                arguments("unknown dtype", array("\"F8_E4M3\"", "[4]", "[0,4]", 4), "dtype 'F8_E4M3' is not supported"),
                arguments("negative extent", array("\"F32\"", "[-1]", "[0,4]", 4), "expected a dtype, a shape"),
                arguments("extent is a fraction", array("\"F32\"", "[1.0]", "[0,4]", 4), "expected a dtype, a shape"),
                arguments("extent beyond a long", array("\"F32\"", "[9223372036854775808]", "[0,4]", 4), "a shape"),
                arguments(
                        "extents overflow", array("\"F32\"", "[4294967296,4294967296]", "[0,0]", 0), "too many bytes"),
                arguments("33 dimensions", array("\"U8\"", Arrays.toString(ones(33)), "[0,1]", 1), "at most 32"),
                arguments("shape in shape", array("\"F32\"", "[[1]]", "[0,4]", 4), "expected a dtype, a shape"),
                arguments(
                        "size and offsets differ",
                        array("\"F16\"", "[3]", "[0,8]", 8),
                        "takes 6 bytes, data_offsets give 8"),
                arguments("three offsets", array("\"F32\"", "[1]", "[0,4,4]", 4), "data_offsets (begin, end)"),
                arguments("backwards offsets", array("\"F32\"", "[1]", "[4,0]", 4), "data_offsets (begin, end)"),
                arguments(
                        "truncated data",
                        header(a + "}", 7),
                        "expected 8 bytes behind the header, the file holds 7, and 1 of 1 arrays"),
                arguments(
                        "offsets outside",
                        array("\"F32\"", "[1]", "[4611686018427387904,4611686018427387908]", 4),
                        "outside"),
                arguments(
                        "overlap",
                        header(a + ",\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}", 8),
                        "'b': bytes [4, 8) overlap"),
                arguments(
                        "hole",
                        header(a + ",\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[9,13]}}", 13),
                        "leave a hole behind byte 8"),
                arguments("hole at the start", array("\"F32\"", "[1]", "[4,8]", 8), "leave a hole behind byte 0"),
                arguments("rest behind the data", header(a + "}", 9), "take 8 bytes, the file holds 9"),
                arguments("100,001 arrays", manyArrays(100_001), "more than 100000 arrays"));
    }

    private static int[] ones(int count) {
        int[] ones = new int[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static byte[] manyArrays(int count) {
        StringBuilder json = new StringBuilder("{");
        for (int i = 0; i < count; i++) {
            json.append(i == 0 ? "" : ",")
                    .append("\"%d\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}".formatted(i));
        }
        return header(json.append('}').toString(), 0);
    }

    private static byte[] array(String dtype, String shape, String offsets, int dataBytes) {
        return header(
                "{\"a\":{\"dtype\":%s,\"shape\":%s,\"data_offsets\":%s}}".formatted(dtype, shape, offsets), dataBytes);
    }

    private static byte[] header(String json, int dataBytes) {
        return SafetensorsTest.file(json, new byte[dataBytes]);
    }

    private static byte[] length(long length, String rest) {
        byte[] bytes = rest.getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(8 + bytes.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put(bytes)
                .array();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostileFiles")
    void hostileFileIsRefusedWithItsNameAndReason(String name, byte[] bytes, String reason) throws IOException {
        Path file = Files.write(folder.resolve("hostile.safetensors"), bytes);
        IOException error = assertThrows(IOException.class, () -> SafetensorsFile.open(file));
        assertTrue(error.getMessage().startsWith(file.toString()), error.getMessage());
        assertTrue(error.getMessage().contains(reason), error.getMessage());
        assertFalse(error.getMessage().contains(" -1)"), error.getMessage());
    }

    @Test
    void allProblemsAreReportedTogether() throws IOException {
        byte[] bytes = header(
                "{\"a\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[1,2]}}",
                2);
        Path file = Files.write(folder.resolve("hostile.safetensors"), bytes);
        String message = assertThrows(IOException.class, () -> SafetensorsFile.open(file))
                .getMessage();
        assertTrue(
                message.contains("2 problems") && message.contains("'a': dtype 'F4'") && message.contains("'b': shape"),
                message);
    }

    @Test
    void namesInMessagesAreShortAndPrintable() throws IOException {
        String key = "\\u001b[2J" + "x".repeat(40_000);
        Path file = Files.write(folder.resolve("hostile.safetensors"), header("{\"" + key + "\":1}", 0));
        String message = assertThrows(IOException.class, () -> SafetensorsFile.open(file))
                .getMessage();
        assertFalse(message.contains("\u001b"), message);
        assertTrue(message.length() < 500, message);
    }

    @Test
    void aHugeHeaderLengthTakesNoMemory() throws IOException {
        Path file = folder.resolve("sparse.safetensors");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.write(length(1L << 40, "{"));
            sparse.setLength((1L << 40) + 8);
        }
        assertThrows(IOException.class, () -> SafetensorsFile.open(file));
    }

    @Test
    void aFileWithOneByteChangedIsReadOrRefusedButNothingElse() throws IOException {
        Path good = folder.resolve("good.safetensors");
        Map<String, long[]> shapes =
                Map.of("norm.weight", new long[] {7}, "to_q.weight", new long[] {3, 5}, "scale", new long[0]);
        Map<String, float[]> values =
                Map.of("norm.weight", new float[7], "to_q.weight", new float[15], "scale", new float[1]);
        SafetensorsWriter.write(
                good, new SafetensorsTest.ArrayWeights(shapes, values), Dtype.F16, Map.of("format", "pt"));
        byte[] bytes = Files.readAllBytes(good);
        int headerBytes =
                (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        long seed = 20250;
        Random random = new Random(seed);
        Path file = folder.resolve("changed.safetensors");
        int refused = 0;
        for (int i = 0; i < 1000; i++) {
            byte[] changed = bytes.clone();
            int at = random.nextInt(8 + headerBytes);
            changed[at] = (byte) random.nextInt(256);
            Files.write(
                    file, random.nextInt(8) == 0 ? Arrays.copyOf(changed, random.nextInt(changed.length)) : changed);
            try (WeightsFile read = SafetensorsFile.open(file)) {
                read.shapes().keySet().forEach(read::floats);
            } catch (IOException e) {
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("seed %d, change %d: byte %d to %d".formatted(seed, i, at, changed[at]), e);
            }
        }
        assertTrue(refused > 500, refused + " refused");
    }

    static Stream<Arguments> hostileIndexes() {
        return Stream.of(
                arguments(
                        "traversal",
                        "{\"weight_map\":{\"scale\":\"../one.safetensors\"}}",
                        "beside the index, got '../one"),
                arguments("absolute", "{\"weight_map\":{\"scale\":\"/etc/one.safetensors\"}}", "beside the index"),
                arguments("backslash", "{\"weight_map\":{\"scale\":\"a\\\\one.safetensors\"}}", "beside the index"),
                arguments("number", "{\"weight_map\":{\"scale\":1}}", "beside the index"),
                arguments(
                        "index in index",
                        "{\"weight_map\":{\"scale\":\"x.safetensors.index.json\"}}",
                        "beside the index"),
                arguments("no map", "{}", "expected an object 'weight_map'"),
                arguments("empty map", "{\"weight_map\":{}}", "expected an object 'weight_map'"),
                arguments("not JSON", "weight_map", "not valid JSON"),
                arguments("two objects", "{\"weight_map\":{}} {}", "not valid JSON"),
                arguments(
                        "key twice",
                        "{\"weight_map\":{\"a\":\"one.safetensors\",\"a\":\"one.safetensors\"}}",
                        "Duplicate field"),
                arguments(
                        "missing shard",
                        "{\"weight_map\":{\"a\":\"two.safetensors\"}}",
                        "two.safetensors: no such file"),
                arguments(
                        "missing key",
                        "{\"weight_map\":{\"a\":\"one.safetensors\"}}",
                        "'a': said to be in one.safetensors"),
                arguments(
                        "unplaced key",
                        "{\"weight_map\":{\"scale\":\"one.safetensors\"}}",
                        "'norm.weight': in one.safetensors, where"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostileIndexes")
    void hostileIndexIsRefused(String name, String json, String reason) throws IOException {
        SafetensorsWriter.write(
                folder.resolve("one.safetensors"), SafetensorsTest.ArrayWeights.random(5), Dtype.F16, Map.of());
        Path index = Files.writeString(folder.resolve("model.safetensors.index.json"), json);
        IOException error = assertThrows(IOException.class, () -> WeightsFile.open(index));
        assertTrue(error.getMessage().startsWith(index.toString()), error.getMessage());
        assertTrue(error.getMessage().contains(reason), error.getMessage());
    }
}
