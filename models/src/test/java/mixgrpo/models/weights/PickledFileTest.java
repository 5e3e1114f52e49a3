package mixgrpo.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PickledFileTest {

    @TempDir
    Path folder;

    /** Pickle protocol 2, operation by operation. */
    private static final class Pickle {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Pickle() {
            op(0x80).op(2);
        }

        Pickle op(int operation) {
            bytes.write(operation);
            return this;
        }

        Pickle ops(String operations) {
            bytes.writeBytes(operations.getBytes(StandardCharsets.ISO_8859_1));
            return this;
        }

        Pickle text(String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            op('X').int32(utf8.length).bytes.writeBytes(utf8);
            return this;
        }

        Pickle number(int number) {
            return op('J').int32(number);
        }

        Pickle global(String module, String name) {
            return ops("c" + module + "\n" + name + "\n");
        }

        private Pickle int32(int number) {
            bytes.writeBytes(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(number)
                    .array());
            return this;
        }

        private Pickle tuple(int... numbers) {
            op('(');
            for (int number : numbers) {
                number(number);
            }
            return op('t');
        }

        Pickle storage(String dtype, String key, int elements) {
            return op('(').text("storage")
                    .global("torch", dtype)
                    .text(key)
                    .text("cpu")
                    .number(elements)
                    .ops("tQ");
        }

        Pickle tensor(String storage, String key, int elements, int offset, int[] shape, int[] strides) {
            return global("torch._utils", "_rebuild_tensor_v2")
                    .op('(')
                    .storage(storage, key, elements)
                    .number(offset)
                    .tuple(shape)
                    .tuple(strides)
                    .op(0x89)
                    .global("collections", "OrderedDict")
                    .ops(")RtR");
        }

        byte[] done() {
            return op('.').bytes.toByteArray();
        }
    }

    private static byte[] floats(int count) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            bytes.putFloat(i);
        }
        return bytes.array();
    }

    private static Map<String, byte[]> archive(byte[] pickle) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("archive/data.pkl", pickle);
        entries.put("archive/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        entries.put("archive/data/0", floats(12));
        return entries;
    }

    private Path write(Map<String, byte[]> entries, int method) throws IOException {
        Path file = folder.resolve("weights.bin");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, byte[]> content : entries.entrySet()) {
                ZipEntry entry = new ZipEntry(content.getKey());
                CRC32 crc = new CRC32();
                crc.update(content.getValue());
                entry.setMethod(method);
                entry.setSize(content.getValue().length);
                entry.setCrc(crc.getValue());
                zip.putNextEntry(entry);
                zip.write(content.getValue());
                zip.closeEntry();
            }
        }
        return file;
    }

    private static byte[] views() {
        return new Pickle()
                .op('}')
                .op('(')
                .text("plain")
                .tensor("FloatStorage", "0", 12, 0, new int[] {3, 4}, new int[] {4, 1})
                .text("transposed")
                .tensor("FloatStorage", "0", 12, 0, new int[] {4, 3}, new int[] {1, 4})
                .text("slice")
                .tensor("FloatStorage", "0", 12, 5, new int[] {2, 1, 2}, new int[] {4, 77, 1})
                .text("whole")
                .tensor("IntStorage", "0", 12, 1, new int[] {}, new int[] {})
                .op('u')
                .done();
    }

    @Test
    void viewsOfAStorageAreReadByOffsetAndStrides() throws IOException {
        try (WeightsFile read = WeightsFile.open(write(archive(views()), ZipEntry.STORED))) {
            assertEquals(
                    List.of("plain", "transposed", "slice", "whole"),
                    List.copyOf(read.shapes().keySet()));
            assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, read.floats("plain"));
            assertArrayEquals(new float[] {0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}, read.floats("transposed"));
            assertArrayEquals(new float[] {5, 6, 9, 10}, read.floats("slice"));
            assertArrayEquals(new long[] {Float.floatToIntBits(1)}, read.longs("whole"));
            assertArrayEquals(new long[] {2, 1, 2}, read.shapes().get("slice"));
        }
    }

    @Test
    void aStateDictionaryAmongOtherThingsIsFound() throws IOException {
        byte[] pickle = new Pickle()
                .op('}')
                .op('(')
                .text("epoch")
                .number(7)
                .text("betas")
                .ops("](")
                .number(1)
                .ops("e")
                .text("nothing")
                .op('N')
                .text("state_dict")
                .global("collections", "OrderedDict")
                .ops(")R(")
                .text("bias")
                .global("torch._utils", "_rebuild_parameter")
                .op('(')
                .tensor("FloatStorage", "0", 12, 2, new int[] {2}, new int[] {1})
                .op(0x88)
                .global("collections", "OrderedDict")
                .ops(")RtR")
                .op('u')
                .ops("}(")
                .text("_metadata")
                .global("collections", "OrderedDict")
                .ops(")R")
                .ops("ub")
                .op('u')
                .done();
        try (WeightsFile read = WeightsFile.open(write(archive(pickle), ZipEntry.STORED))) {
            assertArrayEquals(new float[] {2, 3}, read.floats("bias"));
            assertEquals(Map.of("epoch", "7"), read.metadata());
        }
    }

    @Test
    void theFixtureInsideACheckpointEqualsItsSafetensors() throws IOException {
        Path fixtures = Path.of(System.getProperty("goldens"), "rewards", "hpsv2");
        try (WeightsFile pickled = WeightsFile.open(fixtures.resolve("weights.pt"));
                WeightsFile safetensors = WeightsFile.open(fixtures.resolve("weights.safetensors"))) {
            WeightsCheck.same(safetensors.shapes(), pickled, "weights.pt");
            for (String key : safetensors.shapes().keySet()) {
                assertArrayEquals(safetensors.floats(key), pickled.floats(key), key);
            }
        }
    }

    static Stream<Arguments> hostilePickles() {
        Pickle evil = new Pickle()
                .global("os", "system")
                .op('(')
                .text("touch /tmp/owned")
                .ops("tR");
        Pickle newProtocol = new Pickle().text("builtins").text("eval").op(0x93);
        return Stream.of(
                arguments("a call", evil.done(), "asks for 'os.system', which is not executed"),
                arguments("a call by stack", newProtocol.done(), "asks for 'builtins.eval'"),
                arguments(
                        "a name that is a list",
                        new Pickle().ops("]").text("x").op(0x93).done(),
                        "by what is not text"),
                arguments("an instance", new Pickle().ops("(ios\nsystem\n").done(), "operation 0x69 is not needed"),
                arguments("an object", new Pickle().ops("(o").done(), "operation 0x6f"),
                arguments("a new object", new Pickle().ops("))").op(0x81).done(), "operation 0x81"),
                arguments("an extension", new Pickle().op(0x82).op(1).done(), "operation 0x82"),
                arguments("state of a number", new Pickle().number(1).ops("}b").done(), "state of something"),
                arguments(
                        "storage called",
                        new Pickle().global("torch", "FloatStorage").ops(")R").done(),
                        "out of line"),
                arguments("text called", new Pickle().text("x").ops(")R").done(), "not a constructor"),
                arguments("items of a number", new Pickle().number(1).ops("(u").done(), "items of something"),
                arguments("one item", new Pickle().ops("}(").number(1).ops("u").done(), "items of something"),
                arguments(
                        "a list as key",
                        new Pickle().ops("}(]").number(1).ops("u").done(),
                        "key is neither"),
                arguments("nothing on the stack", new Pickle().done(), "do not fit together"),
                arguments("no mark", new Pickle().ops("}u").done(), "do not fit together"),
                arguments("append to nothing", new Pickle().ops("NNa").done(), "do not fit together"),
                arguments("unknown memo", new Pickle().ops("h\7").done(), "memo"),
                arguments("no end", new Pickle().op('}').bytes.toByteArray(), "end of file"),
                arguments(
                        "text longer than the pickle",
                        new Pickle().op('X').number(Integer.MAX_VALUE).done(),
                        "ends inside a text"),
                arguments("negative text", new Pickle().op('X').int32(-1).done(), "ends inside a text"),
                arguments(
                        "foreign reference",
                        new Pickle().number(1).ops("Q").done(),
                        "refers to something that is not a storage"),
                arguments("a list", new Pickle().ops("]").done(), "expected a dictionary of tensors"),
                arguments("no tensor", new Pickle().ops("}").done(), "found none"),
                arguments("a bomb of lists", bomb(), "expected a dictionary of tensors"),
                arguments("4,000,001 operations", operations(4_000_001), "more than 4000000 operations"),
                arguments("two dictionaries of tensors", twoModels(), "found [model, ema]"),
                arguments(
                        "missing storage",
                        one("7", 12, 0, new int[] {2}, new int[] {1}),
                        "storage '7' is not in the archive"),
                arguments(
                        "traversal in a storage",
                        one("../data.pkl", 12, 0, new int[] {2}, new int[] {1}),
                        "is not in the archive"),
                arguments(
                        "beyond the storage",
                        one("0", 12, 11, new int[] {2}, new int[] {1}),
                        "do not fit its storage of 12"),
                arguments(
                        "expanded beyond",
                        one("0", 12, 0, new int[] {1 << 30, 1 << 30}, new int[] {0, 0}),
                        "do not fit its storage"),
                arguments(
                        "overflowing strides",
                        one("0", 12, 0, new int[] {3, 3}, new int[] {Integer.MAX_VALUE, 1}),
                        "do not fit"),
                arguments("negative extent", one("0", 12, 0, new int[] {-1}, new int[] {1}), "whole number from 0"),
                arguments(
                        "two shapes", one("0", 12, 0, new int[] {2, 2}, new int[] {1}), "shape and strides do not fit"),
                arguments("33 dimensions", one("0", 12, 0, new int[33], new int[33]), "33 dimensions"));
    }

    private static byte[] one(String key, int elements, int offset, int[] shape, int[] strides) {
        return new Pickle()
                .ops("}(")
                .text("a")
                .tensor("FloatStorage", key, elements, offset, shape, strides)
                .op('u')
                .done();
    }

    private static byte[] twoModels() {
        Pickle pickle = new Pickle().ops("}(");
        for (String name : List.of("model", "ema")) {
            pickle.text(name)
                    .ops("}(")
                    .text("a")
                    .tensor("FloatStorage", "0", 12, 0, new int[] {1}, new int[] {1})
                    .op('u');
        }
        return pickle.op('u').done();
    }

    /** Each list holds the one before twice: 2^60 elements to whoever walks over them. */
    private static byte[] bomb() {
        Pickle pickle = new Pickle().ops("]q").op(0);
        for (int i = 1; i <= 60; i++) {
            pickle.ops("](h").op(i - 1).op('h').op(i - 1).ops("eq").op(i);
        }
        return pickle.done();
    }

    private static byte[] operations(int count) {
        byte[] bytes = new byte[count];
        Arrays.fill(bytes, (byte) 'N');
        return bytes;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostilePickles")
    void hostilePickleIsRefusedWithItsReason(String name, byte[] pickle, String reason) throws IOException {
        Path file = write(archive(pickle), ZipEntry.STORED);
        IOException error = assertThrows(IOException.class, () -> PickledFile.open(file));
        assertTrue(error.getMessage().startsWith(file.toString()), error.getMessage());
        assertTrue(error.getMessage().contains(reason), error.getMessage());
    }

    @Test
    void aCompressedArchiveIsRefusedUnread() throws IOException {
        Map<String, byte[]> entries = archive(views());
        entries.put("archive/data/1", new byte[5_000_000]);
        Path file = write(entries, ZipEntry.DEFLATED);
        String message =
                assertThrows(IOException.class, () -> PickledFile.open(file)).getMessage();
        assertTrue(message.contains("4 problems") && message.contains("'archive/data/1' is compressed"), message);
    }

    @Test
    void entriesThatShareBytesAreRefused() throws IOException {
        Map<String, byte[]> entries = archive(views());
        entries.put("archive/data/1", floats(12));
        Path file = write(entries, ZipEntry.STORED);
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer zip = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int directory = zip.getInt(bytes.length - 6);
        int previous = -1;
        int last = -1;
        for (int at = directory; zip.getInt(at) == 0x02014b50; at += 46 + zip.getShort(at + 28)) {
            previous = last;
            last = at;
        }
        zip.putInt(last + 42, zip.getInt(previous + 42)); // where the entry's bytes are said to start
        Files.write(file, bytes);
        String message =
                assertThrows(IOException.class, () -> PickledFile.open(file)).getMessage();
        assertTrue(message.contains("share the bytes"), message);
    }

    @Test
    void otherFilesAreRefused() throws IOException {
        Map<String, byte[]> big = archive(views());
        big.put("archive/byteorder", "big".getBytes(StandardCharsets.US_ASCII));
        assertRefused(write(big, ZipEntry.STORED), "not little-endian");
        Map<String, byte[]> none = new LinkedHashMap<>(Map.of("readme", new byte[1]));
        assertRefused(write(none, ZipEntry.STORED), "one data.pkl, found 0");
        assertRefused(Files.write(folder.resolve("legacy.pt"), new byte[100]), "not a zip archive");
        assertRefused(Files.write(folder.resolve("empty.pt"), new byte[0]), "not a zip archive");
        assertRefused(folder.resolve("absent.pt"), "no such file");
    }

    private static void assertRefused(Path file, String reason) {
        String message =
                assertThrows(IOException.class, () -> WeightsFile.open(file)).getMessage();
        assertTrue(message.startsWith(file.toString()) && message.contains(reason), message);
    }

    @Test
    void aFileWithOneByteChangedIsReadOrRefusedButNothingElse() throws IOException {
        byte[] bytes = Files.readAllBytes(write(archive(views()), ZipEntry.STORED));
        long seed = 20251;
        Random random = new Random(seed);
        Path file = folder.resolve("changed.bin");
        int refused = 0;
        for (int i = 0; i < 1000; i++) {
            byte[] changed = bytes.clone();
            int at = random.nextInt(bytes.length);
            changed[at] = (byte) random.nextInt(256);
            Files.write(
                    file, random.nextInt(8) == 0 ? Arrays.copyOf(changed, random.nextInt(changed.length)) : changed);
            try (WeightsFile read = PickledFile.open(file)) {
                read.shapes().keySet().forEach(read::floats);
            } catch (IOException e) {
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("seed %d, change %d: byte %d to %d".formatted(seed, i, at, changed[at]), e);
            }
        }
        assertTrue(refused > 300, refused + " refused");
    }
}
