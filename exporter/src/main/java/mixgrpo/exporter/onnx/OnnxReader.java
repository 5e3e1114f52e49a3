package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Problems;

/** Reads the fields of {@code ModelProto} that {@link OnnxFile} keeps. Counts are bounded, because the file may be hostile. */
final class OnnxReader {

    private static final int DEEPEST = 32;
    private static final int MOST = 1_000_000;
    private static final int MOST_OPERATORS = 10_000;
    private static final int MOST_AXES = 64;

    private final Path file;
    private final List<OnnxFile.Port> inputs = new ArrayList<>();
    private final List<OnnxFile.Port> outputs = new ArrayList<>();
    private final Map<String, Integer> operators = new TreeMap<>();
    private final List<OnnxFile.Initializer> initializers = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private String graphName = "";
    private boolean hasGraph;

    OnnxReader(Path file) {
        this.file = file;
    }

    OnnxFile model(ByteBuffer bytes) throws IOException {
        long size = bytes.remaining();
        long irVersion = 0;
        String producer = "";
        Map<String, Long> sets = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        for (ProtobufReader model = new ProtobufReader(bytes); model.next(); ) {
            switch (model.field()) {
                case 1 -> irVersion = model.number();
                case 2 -> producer = model.text();
                case 7 -> {
                    hasGraph = true;
                    graph(model.message(), 0);
                }
                case 8 -> operatorSet(model.message(), sets);
                case 14 -> bound(entry(model.message(), metadata).size(), MOST_OPERATORS, "metadata entries");
                default -> {} // passed over
            }
        }
        if (!hasGraph || irVersion < 1) {
            throw new IOException("it has %s".formatted(hasGraph ? "no version of the format" : "no graph"));
        }
        if (sets.isEmpty()) {
            problems.add("it names no operator set");
        }
        Set<String> initialized =
                initializers.stream().map(OnnxFile.Initializer::name).collect(Collectors.toSet());
        inputs.removeIf(input -> initialized.contains(input.name()));
        problems.addAll(new ExternalFiles(file, initializers).problems());
        return new OnnxFile(
                file,
                size,
                irVersion,
                producer,
                sets,
                graphName,
                inputs,
                outputs,
                operators,
                initializers,
                metadata,
                problems);
    }

    private static void operatorSet(ProtobufReader set, Map<String, Long> sets) throws IOException {
        String domain = "";
        long version = 0;
        while (set.next()) {
            switch (set.field()) {
                case 1 -> domain = set.text();
                case 2 -> version = set.number();
                default -> {} // passed over
            }
        }
        sets.put(domain, version);
        bound(sets.size(), MOST_OPERATORS, "operator sets");
    }

    private static Map<String, String> entry(ProtobufReader entry, Map<String, String> entries) throws IOException {
        String key = "";
        String value = "";
        while (entry.next()) {
            switch (entry.field()) {
                case 1 -> key = entry.text();
                case 2 -> value = entry.text();
                default -> {} // passed over
            }
        }
        entries.put(key, value);
        return entries;
    }

    /** @param depth 0 for the model's own graph; of subgraphs only nodes and initializers count */
    private void graph(ProtobufReader graph, int depth) throws IOException {
        bound(depth, DEEPEST, "levels of subgraphs");
        while (graph.next()) {
            switch (graph.field()) {
                case 1 -> node(graph.message(), depth);
                case 2 -> graphName = depth == 0 ? graph.text() : graphName;
                case 5 -> initializer(graph.message());
                case 11 -> port(graph, inputs, depth);
                case 12 -> port(graph, outputs, depth);
                default -> {} // passed over
            }
        }
    }

    private static void port(ProtobufReader graph, List<OnnxFile.Port> ports, int depth) throws IOException {
        if (depth == 0) {
            ports.add(port(graph.message()));
            bound(ports.size(), MOST, "inputs or outputs");
        }
    }

    private void node(ProtobufReader node, int depth) throws IOException {
        String operator = "";
        String domain = "";
        while (node.next()) {
            switch (node.field()) {
                case 4 -> operator = node.text();
                case 5 -> attribute(node.message(), depth);
                case 7 -> domain = node.text();
                default -> {} // passed over
            }
        }
        operators.merge(
                domain.isEmpty() || domain.equals("ai.onnx") ? operator : domain + ":" + operator, 1, Integer::sum);
        bound(operators.size(), MOST_OPERATORS, "operators");
    }

    private void attribute(ProtobufReader attribute, int depth) throws IOException {
        while (attribute.next()) {
            if (attribute.field() == 6 || attribute.field() == 11) {
                graph(attribute.message(), depth + 1);
            }
        }
    }

    private void initializer(ProtobufReader tensor) throws IOException {
        List<Long> dims = new ArrayList<>();
        long code = 0;
        String name = "";
        boolean external = false;
        long raw = -1;
        Map<String, String> data = new LinkedHashMap<>();
        while (tensor.next()) {
            switch (tensor.field()) {
                case 1 -> {
                    tensor.numbers(dims::add);
                    bound(dims.size(), MOST_AXES, "axes of an initializer");
                }
                case 2 -> code = tensor.number();
                case 8 -> name = tensor.text();
                case 9 -> raw = tensor.bytes().remaining();
                case 13 -> bound(entry(tensor.message(), data).size(), MOST_AXES, "entries of external data");
                case 14 -> external = tensor.number() == 1;
                default -> {} // typed data, whose length the shape tells
            }
        }
        long[] shape = dims.stream().mapToLong(Long::longValue).toArray();
        ElementType type = ElementType.of(code).orElse(null);
        String called = Problems.quoted(name);
        if (type == null) {
            throw new IOException("initializer %s: element type %d is not known".formatted(called, code));
        }
        long bytes = bytes(called, type, shape);
        if (raw >= 0 && type != ElementType.STRING && raw != bytes) {
            problems.add("initializer %s: %s takes %d bytes, the file holds %d"
                    .formatted(called, type + dims.toString(), bytes, raw));
        }
        if (external && !data.containsKey("location")) {
            problems.add("initializer %s: its values lie elsewhere, and it does not say where".formatted(called));
        }
        long offset = number(called, data, "offset", 0);
        long length = number(called, data, "length", bytes);
        if (external && length != bytes) {
            problems.add("initializer %s: %s takes %d bytes, its external data has %d"
                    .formatted(called, type + dims.toString(), bytes, length));
        }
        initializers.add(new OnnxFile.Initializer(
                name, type, shape, bytes, external ? data.getOrDefault("location", "") : null, offset));
        bound(initializers.size(), MOST, "initializers");
    }

    private static long bytes(String called, ElementType type, long[] shape) throws IOException {
        try {
            for (long extent : shape) {
                if (extent < 0) {
                    throw new IOException("initializer %s: an extent of %d".formatted(called, extent));
                }
            }
            return type.bytes(Array.elements(shape));
        } catch (ArithmeticException e) {
            throw new IOException("initializer %s: more elements than there can be".formatted(called), e);
        }
    }

    private static long number(String called, Map<String, String> data, String field, long otherwise)
            throws IOException {
        String text = data.getOrDefault(field, Long.toString(otherwise));
        if (!text.matches("\\d{1,18}")) {
            throw new IOException("initializer %s: %s of its external data: expected a number, got %s"
                    .formatted(called, field, Problems.quoted(text)));
        }
        return Long.parseLong(text);
    }

    /** {@code ValueInfoProto}. */
    private static OnnxFile.Port port(ProtobufReader value) throws IOException {
        String name = "";
        String type = "unknown";
        List<String> axes = new ArrayList<>();
        while (value.next()) {
            switch (value.field()) {
                case 1 -> name = value.text();
                case 2 -> type = type(value.message(), axes);
                default -> {} // passed over
            }
        }
        return new OnnxFile.Port(name, type, axes);
    }

    /** {@code TypeProto}; only tensors have axes here. */
    private static String type(ProtobufReader value, List<String> axes) throws IOException {
        String type = "unknown";
        while (value.next()) {
            if (value.field() != 1) {
                type = value.field() == 4 ? "sequence" : "no tensor";
                continue;
            }
            for (ProtobufReader tensor = value.message(); tensor.next(); ) {
                switch (tensor.field()) {
                    case 1 ->
                        type = ElementType.of(tensor.number())
                                .map(ElementType::toString)
                                .orElse("unknown");
                    case 2 -> {
                        for (ProtobufReader shape = tensor.message(); shape.next(); ) {
                            axes.add(axis(shape.message()));
                            bound(axes.size(), MOST_AXES, "axes of an input or output");
                        }
                    }
                    default -> {} // passed over
                }
            }
        }
        return type;
    }

    private static String axis(ProtobufReader dimension) throws IOException {
        String axis = "?";
        while (dimension.next()) {
            switch (dimension.field()) {
                case 1 -> axis = Long.toString(dimension.number());
                case 2 -> axis = dimension.text();
                default -> {} // passed over
            }
        }
        return axis;
    }

    private static void bound(int count, int most, String what) throws IOException {
        if (count > most) {
            throw new IOException("more than %d %s".formatted(most, what));
        }
    }
}
