package mixgrpo.models.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import mixgrpo.models.Array;

/**
 * Writes safetensors files as the reference writer does (safetensors 0.8, tensor.rs): arrays of one dtype sorted by the
 * bytes of their names, the header padded with spaces to a multiple of 8. The bytes depend on nothing but keys, shapes,
 * values, dtype and metadata (sorted by name).
 */
public final class SafetensorsWriter {

    private static final JsonFactory JSON = new JsonFactory();

    private SafetensorsWriter() {}

    /**
     * Writes all arrays of {@code weights}, rounded to nearest even where {@code dtype} is narrower than float32. The
     * file appears under its name when it is complete and on the disk; memory stays at the largest array or less.
     *
     * @param dtype F32, F16 or BF16
     * @param metadata text fields of the header; readers in Python expect {@code format = pt}
     * @throws IOException if it cannot be written; nothing is left behind
     * @throws IllegalArgumentException if a finite value would become infinite; names the key
     */
    public static void write(Path file, Weights weights, Dtype dtype, Map<String, String> metadata) throws IOException {
        if (dtype != Dtype.F32 && dtype != Dtype.F16 && dtype != Dtype.BF16) {
            throw new IllegalArgumentException("dtype: expected F32, F16 or BF16, got " + dtype);
        }
        List<String> keys = weights.shapes().keySet().stream()
                .sorted(Comparator.comparing(k -> k.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned))
                .toList();
        if (keys.contains(SafetensorsHeader.METADATA)) {
            throw new IllegalArgumentException("no array can be called " + SafetensorsHeader.METADATA);
        }
        byte[] header = header(keys, weights.shapes(), dtype, metadata);
        AtomicFile.write(file, channel -> {
            ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            AtomicFile.writeFully(channel, length.putLong(0, header.length));
            AtomicFile.writeFully(channel, ByteBuffer.wrap(header));
            ArrayOutput output = new ArrayOutput(bytes -> AtomicFile.writeFully(channel, bytes));
            for (String key : keys) {
                output.array(key, weights, dtype);
            }
            output.flush();
        });
    }

    private static byte[] header(
            List<String> keys, Map<String, long[]> shapes, Dtype dtype, Map<String, String> metadata)
            throws IOException {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(header)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(SafetensorsHeader.METADATA);
                for (Map.Entry<String, String> field : new TreeMap<>(metadata).entrySet()) {
                    json.writeStringField(field.getKey(), field.getValue());
                }
                json.writeEndObject();
            }
            long begin = 0;
            for (String key : keys) {
                long end = begin + Math.multiplyExact(Array.elements(shapes.get(key)), dtype.bytes());
                json.writeObjectFieldStart(key);
                json.writeStringField("dtype", dtype.name());
                json.writeFieldName("shape");
                json.writeArray(shapes.get(key), 0, shapes.get(key).length);
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {begin, end}, 0, 2);
                json.writeEndObject();
                begin = end;
            }
            json.writeEndObject();
        }
        while (header.size() % Long.BYTES != 0) {
            header.write(' ');
        }
        if (header.size() > SafetensorsHeader.MAX_BYTES) {
            throw new IllegalArgumentException("a header of %d bytes; readers accept at most %d"
                    .formatted(header.size(), SafetensorsHeader.MAX_BYTES));
        }
        return header.toByteArray();
    }
}
