package mixgrpo.models.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Archives as {@code torch.save} writes them. */
public final class Archives {

    private Archives() {}

    public static byte[] floats(int count) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            bytes.putFloat(i);
        }
        return bytes.array();
    }

    public static Map<String, byte[]> archive(byte[] pickle) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("archive/data.pkl", pickle);
        entries.put("archive/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        entries.put("archive/data/0", floats(12));
        return entries;
    }

    /** A pickle of a few tensors over one storage. */
    public static byte[] views() {
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

    public static byte[] zip(Map<String, byte[]> entries, int method) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
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
        return bytes.toByteArray();
    }
}
