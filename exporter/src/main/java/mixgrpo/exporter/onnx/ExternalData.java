package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.models.weights.Weights;

/**
 * A model's weights in a file beside it. Each begins at a page, so that readers can map it into memory.
 *
 * @param location the file's name, relative to the model
 * @param offsets where each parameter begins, bytes
 */
record ExternalData(String location, Map<String, Long> offsets) {

    private static final int PAGE = 4096;

    /** Data that an engine gets from elsewhere: it replaces every parameter, so there is no such file. */
    static final ExternalData ELSEWHERE = new ExternalData("weights", Map.of());

    /** Writes {@code model.<start of the values' SHA-256>.data} into {@code dir}; it appears there when it is complete. */
    static ExternalData write(Path dir, Map<String, long[]> parameters, Weights weights) throws IOException {
        Map<String, Long> offsets = new LinkedHashMap<>();
        MessageDigest digest = sha256();
        String[] location = new String[1];
        AtomicFile.write(dir, "model", channel -> {
            long end = 0;
            for (Map.Entry<String, long[]> parameter : parameters.entrySet()) {
                ByteBuffer values = values(weights, parameter.getKey(), parameter.getValue());
                digest.update(values.array());
                long offset = (end + PAGE - 1) / PAGE * PAGE;
                offsets.put(parameter.getKey(), offset);
                end = offset + values.capacity();
                channel.position(offset);
                AtomicFile.writeFully(channel, values);
            }
            location[0] = "model.%s.data".formatted(HexFormat.of().formatHex(digest.digest(), 0, 8));
            return location[0];
        });
        return new ExternalData(location[0], offsets);
    }

    /** Deletes the data files of other models that {@link #write} left in {@code dir}. */
    void deleteOthers(Path dir) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(dir, "model.*.data")) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.matches("model\\.[0-9a-f]{16}\\.data") && !name.equals(location)) {
                    Files.delete(file);
                }
            }
        }
    }

    /** The parameter as {@code TensorProto}. */
    Protobuf tensor(String key, long[] shape) {
        Protobuf tensor = OnnxGraph.tensor(key, OnnxValue.FLOAT, shape).message(13, entry("location", location));
        Long offset = offsets.get(key);
        if (offset != null) {
            tensor.message(13, entry("offset", Long.toString(offset)));
            tensor.message(13, entry("length", Long.toString(bytes(shape))));
        }
        return tensor.number(14, 1);
    }

    /** {@code StringStringEntryProto}. */
    static Protobuf entry(String key, String value) {
        return new Protobuf().text(1, key).text(2, value);
    }

    static long bytes(long[] shape) {
        return Math.multiplyExact(Float.BYTES, Array.elements(shape));
    }

    /** The values as they lie in files: float32, little-endian. */
    static ByteBuffer values(Weights weights, String key, long[] shape) {
        ByteBuffer raw = OnnxGraph.littleEndian(Math.toIntExact(bytes(shape)));
        weights.read(key, raw.asFloatBuffer());
        return raw;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
