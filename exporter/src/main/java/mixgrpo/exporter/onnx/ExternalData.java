package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
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
        Path temporary = temporary(dir);
        try {
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                long end = 0;
                for (Map.Entry<String, long[]> parameter : parameters.entrySet()) {
                    ByteBuffer values = values(weights, parameter.getKey(), parameter.getValue());
                    digest.update(values.array());
                    long offset = (end + PAGE - 1) / PAGE * PAGE;
                    offsets.put(parameter.getKey(), offset);
                    end = offset + values.capacity();
                    channel.position(offset);
                    while (values.hasRemaining()) {
                        channel.write(values);
                    }
                }
                channel.force(true);
            }
            String start = HexFormat.of().formatHex(digest.digest(), 0, 8);
            ExternalData data = new ExternalData("model.%s.data".formatted(start), offsets);
            Files.move(temporary, dir.resolve(data.location), StandardCopyOption.ATOMIC_MOVE);
            return data;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** A new name in {@code dir} for a file that is not complete. */
    static Path temporary(Path dir) {
        return dir.resolve(".model.%d-%d.tmp".formatted(ProcessHandle.current().pid(), System.nanoTime()));
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
        return Arrays.stream(shape).reduce(Float.BYTES, Math::multiplyExact);
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
