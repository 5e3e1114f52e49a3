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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import mixgrpo.models.weights.Weights;

/**
 * A recorded network: a graph whose initializers are called by the parameters' keys, without the parameters' values. Immutable.
 * The values are given to an engine beside the {@link #skeleton}, put into the file ({@link #withWeights}) or written next to it
 * ({@link #write}).
 */
public final class OnnxModel {

    /** What external data is aligned to, so that it can be memory-mapped. */
    private static final int PAGE = 4096;

    private final OnnxGraph graph;
    private final OnnxOptions options;

    OnnxModel(OnnxGraph graph, OnnxOptions options) {
        this.graph = graph;
        this.options = options;
    }

    /** In the network's order. */
    public List<OnnxValue> inputs() {
        return graph.inputs();
    }

    /** In the network's order, then the taps. */
    public List<OnnxValue> outputs() {
        return graph.outputs();
    }

    /** Shape of every parameter by its key, in the order of first use; the caller's own copy. */
    public Map<String, long[]> parameters() {
        return graph.parameters();
    }

    /** The graph as text: one line an input, a node, an output. */
    public String listing() {
        return graph.listing();
    }

    /**
     * The file's bytes with every parameter as external data in a file {@code weights} that does not exist: the engine that loads
     * them replaces all parameters.
     */
    public byte[] skeleton() {
        return model((key, shape) -> external(key, shape, "weights", Map.of()));
    }

    /**
     * The whole file, values included.
     *
     * @throws IllegalArgumentException if parameters are missing or misshapen in {@code weights} (all are named), or if the file
     *     would be larger than the 2 GiB that ONNX allows
     */
    public byte[] withWeights(Weights weights) {
        check(weights);
        long bytes =
                graph.parameters().values().stream().mapToLong(OnnxModel::bytes).sum();
        if (bytes > Integer.MAX_VALUE - (1 << 24)) {
            throw new IllegalArgumentException(
                    "%d bytes of weights do not fit into one ONNX file (2 GiB); write them beside it".formatted(bytes));
        }
        return model((key, shape) -> OnnxGraph.tensor(key, OnnxValue.FLOAT, shape)
                .bytes(9, values(weights, key, shape).array()));
    }

    /**
     * Writes {@code model.onnx} and the weights beside it, in {@code model.<start of their SHA-256>.data}. A reader sees the old
     * model or the new one, whole; data files of older models are deleted.
     *
     * @param dir made if it is not there
     * @return the path of {@code model.onnx}
     * @throws IllegalArgumentException if parameters are missing or misshapen in {@code weights}; all are named
     */
    public Path write(Path dir, Weights weights) throws IOException {
        check(weights);
        Files.createDirectories(dir);
        Path temporary = Files.createTempFile(dir, "model", ".tmp");
        try {
            Map<String, Long> offsets = new LinkedHashMap<>();
            String hash = writeData(temporary, weights, offsets);
            String location = "model.%s.data".formatted(hash.substring(0, 16));
            Files.move(temporary, dir.resolve(location), StandardCopyOption.ATOMIC_MOVE);
            Files.write(
                    temporary,
                    model((key, shape) -> external(
                            key,
                            shape,
                            location,
                            Map.of("offset", offsets.get(key).toString(), "length", Long.toString(bytes(shape))))));
            Path model = dir.resolve("model.onnx");
            Files.move(temporary, model, StandardCopyOption.ATOMIC_MOVE);
            deleteOldData(dir, location);
            return model;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Writes all values at page-aligned offsets, which it notes by key; returns their SHA-256. */
    private String writeData(Path file, Weights weights, Map<String, Long> offsets) throws IOException {
        MessageDigest digest = sha256();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            long offset = 0;
            for (Map.Entry<String, long[]> parameter : graph.parameters().entrySet()) {
                ByteBuffer values = values(weights, parameter.getKey(), parameter.getValue());
                offsets.put(parameter.getKey(), offset);
                digest.update(values.array());
                channel.position(offset);
                while (values.hasRemaining()) {
                    channel.write(values);
                }
                offset = (channel.position() + PAGE - 1) / PAGE * PAGE;
            }
            channel.force(true);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void deleteOldData(Path dir, String location) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(dir, "model.*.data")) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.matches("model\\.[0-9a-f]{16}\\.data") && !name.equals(location)) {
                    Files.delete(file);
                }
            }
        }
    }

    private void check(Weights weights) {
        Map<String, long[]> given = weights.shapes();
        List<String> problems = new ArrayList<>();
        graph.parameters().forEach((key, shape) -> {
            if (!given.containsKey(key)) {
                problems.add("'%s' %s is missing".formatted(key, Arrays.toString(shape)));
            } else if (!Arrays.equals(shape, given.get(key))) {
                problems.add("'%s': expected shape %s, got %s"
                        .formatted(key, Arrays.toString(shape), Arrays.toString(given.get(key))));
            }
        });
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(
                    "%d of %d parameters do not fit; are these the weights of this network?%n%s"
                            .formatted(problems.size(), graph.parameters().size(), String.join("\n", problems)));
        }
    }

    private byte[] model(BiFunction<String, long[], Protobuf> initializer) {
        Protobuf model = new Protobuf()
                .number(1, options.form().irVersion())
                .text(2, "MixGRPO for the JVM")
                .message(7, graph.toProto(initializer))
                .message(8, new Protobuf().text(1, "").number(2, options.form().opset()));
        options.metadata().forEach((key, value) -> model.message(14, entry(key, value)));
        return model.toBytes();
    }

    private static Protobuf external(String key, long[] shape, String location, Map<String, String> place) {
        Protobuf tensor = OnnxGraph.tensor(key, OnnxValue.FLOAT, shape).message(13, entry("location", location));
        place.forEach((name, value) -> tensor.message(13, entry(name, value)));
        return tensor.number(14, 1);
    }

    private static Protobuf entry(String key, String value) {
        return new Protobuf().text(1, key).text(2, value);
    }

    private static long bytes(long[] shape) {
        return Arrays.stream(shape).reduce(Float.BYTES, Math::multiplyExact);
    }

    private static ByteBuffer values(Weights weights, String key, long[] shape) {
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
