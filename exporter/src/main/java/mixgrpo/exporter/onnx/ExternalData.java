package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.weights.ArrayOutput;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.models.weights.Sha256;
import mixgrpo.models.weights.Weights;

/**
 * Parameters whose values lie in files beside the model.
 *
 * @param places by key
 * @param sha256 of the values that were written, one parameter after the other; empty if none were
 */
record ExternalData(Map<String, Place> places, String sha256) {

    private static final int PAGE = 4096;

    /**
     * Where a parameter begins.
     *
     * @param location of the file, relative to the model
     * @param offset in it, bytes
     */
    record Place(String location, long offset) {}

    /** The initializer of a parameter that an engine gets from elsewhere: it replaces every one, so there is no such file. */
    static Protobuf elsewhere(String key, Parameter parameter) {
        return parameter.tensor(key).message(13, entry("location", "weights")).number(14, 1);
    }

    /**
     * Writes {@code model.<start of the values' SHA-256>.data} into {@code dir}; it appears there when it is complete. Each parameter
     * begins at a page, so that readers can map it into memory.
     *
     * @throws IllegalArgumentException if a value does not fit its parameter's type; names the key
     */
    static ExternalData write(Path dir, Map<String, Parameter> parameters, Weights weights) throws IOException {
        Map<String, Long> offsets = new LinkedHashMap<>();
        MessageDigest digest = Sha256.start();
        String[] hash = new String[1];
        AtomicFile.write(dir, "model", channel -> {
            ArrayOutput output = new ArrayOutput(bytes -> {
                digest.update(bytes.duplicate());
                AtomicFile.writeFully(channel, bytes);
            });
            for (Map.Entry<String, Parameter> entry : parameters.entrySet()) {
                long offset = (channel.position() + PAGE - 1) / PAGE * PAGE;
                offsets.put(entry.getKey(), offset);
                channel.position(offset);
                output.array(entry.getKey(), weights, entry.getValue().type().dtype());
                output.flush();
            }
            hash[0] = Sha256.hex(digest);
            return dataFile(hash[0]);
        });
        Map<String, Place> places = new HashMap<>();
        offsets.forEach((key, offset) -> places.put(key, new Place(dataFile(hash[0]), offset)));
        return new ExternalData(places, hash[0]);
    }

    /** Name of the file that {@link #write} wrote. */
    String file() {
        return dataFile(sha256);
    }

    private static String dataFile(String sha256) {
        return "model.%s.data".formatted(sha256.substring(0, 16));
    }

    /** Deletes the data files of other models that {@link #write} left in {@code dir}. */
    void deleteOthers(Path dir) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(dir, "model.*.data")) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.matches("model\\.[0-9a-f]{16}\\.data")
                        && (sha256.isEmpty() || !name.equals(dataFile(sha256)))) {
                    Files.delete(file);
                }
            }
        }
    }

    /** The parameter as {@code TensorProto}. */
    Protobuf tensor(String key, Parameter parameter) {
        Place place = places.get(key);
        return parameter
                .tensor(key)
                .message(13, entry("location", place.location()))
                .message(13, entry("offset", Long.toString(place.offset())))
                .message(13, entry("length", Long.toString(parameter.bytes())))
                .number(14, 1);
    }

    /** {@code StringStringEntryProto}. */
    static Protobuf entry(String key, String value) {
        return new Protobuf().text(1, key).text(2, value);
    }

    /** The values as they lie in files, little-endian, in a new array. */
    static byte[] values(Weights weights, String key, Parameter parameter) throws IOException {
        ByteBuffer raw = ByteBuffer.allocate(Math.toIntExact(parameter.bytes()));
        ArrayOutput output = new ArrayOutput(raw::put);
        output.array(key, weights, parameter.type().dtype());
        output.flush();
        return raw.array();
    }
}
