package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.models.weights.Weights;

/**
 * A recorded network: a graph whose initializers are called by the parameters' keys, without the parameters' values. Immutable.
 * The values are given to an engine beside the {@link #skeleton}, put into the file ({@link #withWeights}) or written next to it
 * ({@link #write}).
 */
public final class OnnxModel {

    /** Room for everything but weights in a file of at most 2 GiB. */
    private static final long GRAPH_BYTES = 1 << 24;

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

    /** Those of the {@link #parameters} that are the network's own. */
    public Map<String, long[]> fixedParameters() {
        return parameters(key -> !Lora.isAdapter(key));
    }

    /** Those of the {@link #parameters} that belong to adapters. */
    public Map<String, long[]> adapterParameters() {
        return parameters(Lora::isAdapter);
    }

    private Map<String, long[]> parameters(Predicate<String> which) {
        Map<String, long[]> parameters = graph.parameters();
        parameters.keySet().removeIf(which.negate());
        return parameters;
    }

    /** The graph as text: one line an input, a node, an output. */
    public String listing() {
        return graph.listing();
    }

    /**
     * The file's bytes with every fixed parameter as external data in a file that does not exist: the engine that loads them replaces
     * them all. Adapters are inputs behind the network's, so that the engine can exchange them without loading anything again.
     */
    public byte[] skeleton() {
        return model(ExternalData.ELSEWHERE::tensor, Lora::isAdapter);
    }

    /** The file's bytes with every parameter as an input, behind the network's. */
    public byte[] withInputs() {
        return model(ExternalData.ELSEWHERE::tensor, key -> true);
    }

    /**
     * The whole file, values included.
     *
     * @throws IllegalArgumentException if parameters are missing or misshapen in {@code weights} (all are named), or if the file
     *     would be larger than the 2 GiB that ONNX allows
     */
    public byte[] withWeights(Weights weights) {
        check(weights);
        long bytes = graph.parameters().values().stream()
                .mapToLong(ExternalData::bytes)
                .sum();
        if (bytes > Integer.MAX_VALUE - GRAPH_BYTES) {
            throw new IllegalArgumentException(
                    "%d bytes of weights do not fit into one ONNX file (2 GiB); write them beside it".formatted(bytes));
        }
        return model(
                (key, shape) -> OnnxGraph.tensor(key, OnnxValue.FLOAT, shape)
                        .bytes(9, ExternalData.values(weights, key, shape).array()),
                key -> false);
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
        ExternalData data = ExternalData.write(dir, graph.parameters(), weights);
        Path file = dir.resolve("model.onnx");
        AtomicFile.write(file, model(data::tensor, key -> false));
        data.deleteOthers(dir);
        return file;
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

    private byte[] model(BiFunction<String, long[], Protobuf> initializer, Predicate<String> fed) {
        Protobuf model = new Protobuf()
                .number(1, options.form().irVersion())
                .text(2, "MixGRPO for the JVM")
                .message(7, graph.toProto(initializer, fed))
                .message(8, new Protobuf().text(1, "").number(2, options.form().opset()));
        options.metadata().forEach((key, value) -> model.message(14, ExternalData.entry(key, value)));
        return model.toBytes();
    }
}
