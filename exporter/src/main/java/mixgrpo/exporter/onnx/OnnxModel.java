package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.weights.ArrayOutput;
import mixgrpo.models.weights.Sha256;
import mixgrpo.models.weights.Weights;

/**
 * A recorded network: a graph whose initializers are called by the parameters' keys, without the parameters' values. Immutable.
 * The values are given to an engine beside the {@link #skeleton}, put into the file ({@link #withWeights}) or written next to it
 * ({@link #write}).
 */
public final class OnnxModel {

    /** Bytes of weights that a file may contain: ONNX allows it 2 GiB, and 16 MiB of them are for everything else. */
    public static final long MOST_EMBEDDED = Integer.MAX_VALUE - (1L << 24);

    /** Metadata entry: SHA-256 of all parameters' values as they are stored, one after the other in the order of the initializers. */
    public static final String SHA256 = "weights_sha256";

    /** Metadata entry: names, sizes and times of the files that hold the values of a model that points into them. */
    public static final String SOURCES = "weights_files";

    private final OnnxGraph graph;
    private final OnnxOptions options;

    OnnxModel(OnnxGraph graph, OnnxOptions options) {
        this.graph = graph;
        this.options = options;
    }

    /** Of the network. */
    public String name() {
        return graph.name();
    }

    /** How it is written. */
    public OnnxOptions options() {
        return options;
    }

    /** In the network's order. */
    public List<OnnxValue> inputs() {
        return graph.inputs();
    }

    /** In the network's order, then the taps. */
    public List<OnnxValue> outputs() {
        return graph.outputs();
    }

    /** Version of the default operator set. */
    public int opset() {
        return options.precision().opset(options.form());
    }

    /** How many nodes there are of each operator, by its name. */
    public Map<String, Integer> operators() {
        Map<String, Integer> counts = new TreeMap<>();
        graph.nodes().forEach(node -> counts.merge(node.op(), 1, Integer::sum));
        return counts;
    }

    /** Shape of every parameter by its key, in the order of first use; the caller's own copy. */
    public Map<String, long[]> parameters() {
        return shapes(key -> true);
    }

    /** Those of the {@link #parameters} that are the network's own. */
    public Map<String, long[]> fixedParameters() {
        return shapes(key -> !Lora.isAdapter(key));
    }

    /** Those of the {@link #parameters} that belong to adapters. */
    public Map<String, long[]> adapterParameters() {
        return shapes(Lora::isAdapter);
    }

    private Map<String, long[]> shapes(Predicate<String> which) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        graph.parameters().forEach((key, parameter) -> {
            if (which.test(key)) {
                shapes.put(key, parameter.shape().clone());
            }
        });
        return shapes;
    }

    /** How every parameter is stored, by its key. */
    public Map<String, ElementType> types() {
        Map<String, ElementType> types = new LinkedHashMap<>();
        graph.parameters().forEach((key, parameter) -> types.put(key, parameter.type()));
        return types;
    }

    Map<String, Parameter> stored() {
        return graph.parameters();
    }

    List<OnnxGraph.Node> nodes() {
        return graph.nodes();
    }

    /** Bytes of all parameters as they are stored. */
    public long parameterBytes() {
        return graph.parameters().values().stream().mapToLong(Parameter::bytes).sum();
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
        return bytes(ExternalData::elsewhere, Lora::isAdapter, Map.of());
    }

    /** The file's bytes with every parameter as an input, behind the network's. */
    public byte[] withInputs() {
        return bytes(ExternalData::elsewhere, key -> true, Map.of());
    }

    /**
     * The whole file, values included.
     *
     * @throws IllegalArgumentException if parameters are missing or misshapen in {@code weights} (all are named), if one does not fit its
     *     type, or if the file would be larger than the 2 GiB that ONNX allows
     */
    public byte[] withWeights(Weights weights) {
        return withWeights(weights, Map.of());
    }

    byte[] withWeights(Weights weights, Map<String, String> more) {
        check(weights);
        checkEmbedded();
        return bytes(embedded(weights), key -> false, more);
    }

    /**
     * The same but for adapters, which are inputs as in the {@link #skeleton}.
     *
     * @throws IllegalArgumentException as {@link #withWeights(Weights)}
     */
    public byte[] withFixedWeights(Weights weights) {
        check(weights, key -> !Lora.isAdapter(key));
        checkEmbedded();
        return bytes(embedded(weights), Lora::isAdapter, Map.of());
    }

    private static BiFunction<String, Parameter, Protobuf> embedded(Weights weights) {
        return (key, parameter) -> {
            try {
                return parameter.tensor(key).bytes(9, ExternalData.values(weights, key, parameter));
            } catch (IOException e) {
                throw new UncheckedIOException("memory does not fail", e);
            }
        };
    }

    /** @throws IllegalArgumentException if one file cannot hold the weights */
    void checkEmbedded() {
        if (parameterBytes() > MOST_EMBEDDED) {
            throw new IllegalArgumentException(
                    "%d bytes of weights do not fit into one ONNX file (2 GiB); write them beside it"
                            .formatted(parameterBytes()));
        }
    }

    /**
     * Writes {@code model.onnx} and, if they are to lie beside it, the weights in {@code model.<start of their SHA-256>.data}. A reader sees
     * the old model or the new one, whole; data files of older models are deleted.
     *
     * @param dir made if it is not there
     * @throws IllegalArgumentException if parameters are missing or misshapen in {@code weights}; all are named
     */
    public WrittenModel write(Path dir, Weights weights, WeightsPlacement placement) throws IOException {
        return new ModelWriter(this, weights, placement).write(dir);
    }

    /** What {@link #write} would write; writes nothing. */
    public WrittenModel plan(Path dir, Weights weights, WeightsPlacement placement) {
        return new ModelWriter(this, weights, placement).plan(dir);
    }

    /** What {@value #SHA256} is for these weights; reads all of them. */
    public String sha256(Weights weights) throws IOException {
        check(weights);
        MessageDigest digest = Sha256.start();
        ArrayOutput output = new ArrayOutput(digest::update);
        for (Map.Entry<String, Parameter> entry : graph.parameters().entrySet()) {
            output.array(entry.getKey(), weights, entry.getValue().type().dtype());
        }
        output.flush();
        return Sha256.hex(digest);
    }

    void check(Weights weights) {
        check(weights, key -> true);
    }

    private void check(Weights weights, Predicate<String> which) {
        Map<String, long[]> given = weights.shapes();
        List<String> problems = new ArrayList<>();
        shapes(which).forEach((key, shape) -> {
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

    /**
     * The file's bytes.
     *
     * @param initializer makes the {@code TensorProto} of a parameter
     * @param fed parameters that are inputs instead
     * @param more metadata beside that of the options
     */
    byte[] bytes(BiFunction<String, Parameter, Protobuf> initializer, Predicate<String> fed, Map<String, String> more) {
        Protobuf model = new Protobuf()
                .number(1, options.precision().irVersion(options.form()))
                .text(2, "MixGRPO for the JVM")
                .message(7, graph.toProto(initializer, fed))
                .message(8, new Protobuf().text(1, "").number(2, opset()));
        options.metadata().forEach((key, value) -> model.message(14, ExternalData.entry(key, value)));
        more.forEach((key, value) -> model.message(14, ExternalData.entry(key, value)));
        return model.toBytes();
    }
}
