package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is in an ONNX file of anyone, without the values of its weights.
 *
 * @param path where it lies
 * @param bytes of the file itself
 * @param irVersion version of the format
 * @param producer program that wrote it
 * @param operatorSets versions by domain; the default domain is ""
 * @param graph its graph's name
 * @param inputs without those that have an initializer
 * @param operators how many nodes there are of each, those of subgraphs included; with the domain in front where it is not the default
 * @param initializers in the file's order
 * @param metadata {@code metadata_props}
 * @param problems why it cannot be loaded; empty if nothing was found
 */
public record OnnxFile(
        Path path,
        long bytes,
        long irVersion,
        String producer,
        Map<String, Long> operatorSets,
        String graph,
        List<Port> inputs,
        List<Port> outputs,
        Map<String, Integer> operators,
        List<Initializer> initializers,
        Map<String, String> metadata,
        List<String> problems) {

    /**
     * An input or output.
     *
     * @param type of its elements, or what it is instead of a tensor
     * @param axes numbers, symbols, or ? for an extent without a name
     */
    public record Port(String name, String type, List<String> axes) {}

    /**
     * An array of the file.
     *
     * @param bytes that it takes
     * @param location of the file that holds its values, relative to this one; null if they are inside
     * @param offset where they begin there
     */
    public record Initializer(String name, ElementType type, long[] shape, long bytes, String location, long offset) {}

    /**
     * Reads one. External files are looked for, not read.
     *
     * @throws IOException if it is no ONNX file or is broken; says at which byte
     */
    public static OnnxFile read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(file.toString());
        }
        try (FileChannel channel = FileChannel.open(file)) {
            if (channel.size() > Integer.MAX_VALUE) {
                throw new IOException(
                        "%s: %d bytes, and an ONNX file has 2 GiB at the most (weights beyond that lie in files beside it)"
                                .formatted(file, channel.size()));
            }
            ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            try {
                return new OnnxReader(file).model(bytes);
            } catch (IOException e) {
                throw new IOException(
                        "%s: expected an ONNX model, got something else or a damaged one: %s"
                                .formatted(file, e.getMessage()),
                        e);
            }
        }
    }

    /** Nodes of all operators. */
    public int nodes() {
        return operators.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Bytes of the initializers whose values are elsewhere, by the location of the file. */
    public Map<String, Long> bytesByLocation() {
        Map<String, Long> bytes = new TreeMap<>();
        initializers.stream()
                .filter(initializer -> initializer.location() != null)
                .forEach(initializer -> bytes.merge(initializer.location(), initializer.bytes(), Long::sum));
        return bytes;
    }

    /** Bytes of the initializers by what their elements are. */
    public Map<ElementType, Long> bytesByType() {
        Map<ElementType, Long> bytes = new EnumMap<>(ElementType.class);
        initializers.forEach(initializer -> bytes.merge(initializer.type(), initializer.bytes(), Long::sum));
        return bytes;
    }
}
