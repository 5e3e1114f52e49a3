package mixgrpo.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

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
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PickledFileTest {

    @TempDir
    Path folder;

    private Path write(Map<String, byte[]> entries, int method) throws IOException {
        Path file = folder.resolve("weights.bin");
        Files.write(file, Archives.zip(entries, method));
        return file;
    }

    @Test
    void viewsOfAStorageAreReadByOffsetAndStrides() throws IOException {
        try (WeightsFile read = WeightsFile.open(write(Archives.archive(Archives.views()), ZipEntry.STORED))) {
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
        try (WeightsFile read = WeightsFile.open(write(Archives.archive(pickle), ZipEntry.STORED))) {
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
        Path file = write(Archives.archive(pickle), ZipEntry.STORED);
        IOException error = assertThrows(IOException.class, () -> PickledFile.open(file));
        assertTrue(error.getMessage().startsWith(file.toString()), error.getMessage());
        assertTrue(error.getMessage().contains(reason), error.getMessage());
    }

    @Test
    void aCompressedArchiveIsRefusedUnread() throws IOException {
        Map<String, byte[]> entries = Archives.archive(Archives.views());
        entries.put("archive/data/1", new byte[5_000_000]);
        Path file = write(entries, ZipEntry.DEFLATED);
        String message =
                assertThrows(IOException.class, () -> PickledFile.open(file)).getMessage();
        assertTrue(message.contains("4 problems") && message.contains("'archive/data/1' is compressed"), message);
    }

    @Test
    void entriesThatShareBytesAreRefused() throws IOException {
        Map<String, byte[]> entries = Archives.archive(Archives.views());
        entries.put("archive/data/1", Archives.floats(12));
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
        Map<String, byte[]> big = Archives.archive(Archives.views());
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
        byte[] bytes = Files.readAllBytes(write(Archives.archive(Archives.views()), ZipEntry.STORED));
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
