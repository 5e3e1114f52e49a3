package mixgrpo.models.fuzz;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import mixgrpo.models.weights.Archives;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.provider.MethodSource;

/** An input that begins with P is a pickle in a sound archive, any other one is a whole file. */
class PickleFuzz {

    private static Hostile hostile;

    @BeforeAll
    static void open() {
        hostile = new Hostile();
    }

    @AfterAll
    static void close() throws IOException {
        hostile.close();
    }

    static Stream<byte[]> seeds() throws IOException {
        byte[] pickle = Archives.views();
        byte[] nested = new byte[3000];
        Arrays.fill(nested, (byte) ']');
        Map<String, byte[]> zip64 = new LinkedHashMap<>(Archives.archive(pickle));
        zip64.put("archive/version", new byte[] {'3', '\n'});
        return Stream.of(
                Archives.zip(Archives.archive(pickle), ZipEntry.STORED),
                Archives.zip(zip64, ZipEntry.DEFLATED),
                after('P', pickle),
                after('P', nested),
                after('P', new byte[] {(byte) 0x80, 2, 'c', 'o', 's', '\n', 's', 'y', 's', 't', 'e', 'm', '\n', '.'}));
    }

    private static byte[] after(char first, byte[] rest) {
        byte[] all = new byte[rest.length + 1];
        all[0] = (byte) first;
        System.arraycopy(rest, 0, all, 1, rest.length);
        return all;
    }

    @MethodSource("seeds")
    @DictionaryEntries({
        "torch._utils",
        "_rebuild_tensor_v2",
        "ccollections",
        "OrderedDict",
        "FloatStorage",
        "storage",
        "cpu",
        "archive/data.pkl",
        "archive/data/0"
    })
    @FuzzTest
    void pickles(byte[] bytes) throws IOException {
        boolean pickle = bytes.length > 0 && bytes[0] == 'P' && !(bytes.length > 1 && bytes[1] == 'K');
        byte[] file = pickle
                ? Archives.zip(Archives.archive(Arrays.copyOfRange(bytes, 1, bytes.length)), ZipEntry.STORED)
                : bytes;
        Hostile.readsOrRefuses(hostile.write("hostile.bin", file));
    }
}
