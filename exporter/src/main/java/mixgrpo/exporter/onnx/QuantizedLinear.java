package mixgrpo.exporter.onnx;

import java.util.List;
import java.util.Set;

/**
 * A product of activations in 8-bit and a weight in 7-bit integers. What belongs to the weight alone, its scales and its integers, ONNX Runtime computes
 * once, when it loads the graph; the rest it fuses into one kernel.
 */
final class QuantizedLinear {

    /** Layers with fewer channels on either side are not worth it: they cost little and stand at the network's ends. */
    static final int NARROWEST = 128;

    /**
     * The largest integer of a weight. Processors without VNNI add two products of a byte (0..255) with a signed byte in 16 bits and
     * saturate: 2 * 255 * 127 would not fit, 2 * 255 * 64 does. So every processor computes the same sums, with one bit less.
     */
    static final int LARGEST = 64;

    /**
     * Layers of queries and keys, which stay float32. What follows brings every head of every token to length 1, a short one with its error, and then
     * goes into an exponential function.
     */
    private static final Set<String> QUERIES_AND_KEYS = Set.of("to_q", "to_k", "add_q_proj", "add_k_proj");

    /** The integers of a value, its scale and its zero point, by their names in the graph. */
    record Levels(String integers, String scale, String zero) {}

    private final OnnxScope scope;
    private final String layer;

    QuantizedLinear(OnnxScope scope, String layer) {
        this.scope = scope;
        this.layer = layer;
    }

    /** @param layer path of a linear layer with so many channels */
    static boolean suits(OnnxOptions options, String layer, Shape input, int in, int out) {
        return options.precision() == Precision.INT8
                && input.rank() == 3
                && Math.min(in, out) >= NARROWEST
                && !QUERIES_AND_KEYS.contains(layer.substring(layer.lastIndexOf('.') + 1));
    }

    /**
     * @param input {@code [B, N, in]}
     * @param weight {@code [in, out]}
     */
    OnnxTensor product(OnnxTensor input, OnnxTensor weight, Shape result) {
        OnnxGraph graph = scope.graph();
        long out = weight.shape().last().value();
        Shape each = Shape.of(out);
        String magnitudes = node("Abs", weight.shape(), List.of(weight.name()));
        String largest = node("ReduceMax", each, List.of(magnitudes, graph.longs(0)), Attribute.of("keepdims", 0));
        String exact = node("Div", each, List.of(largest, graph.scalar(LARGEST)));
        String weightScale = node("Max", each, List.of(exact, graph.scalar(Float.MIN_NORMAL))); // of zeros, too
        String integers = node(
                "QuantizeLinear",
                weight.shape(),
                List.of(weight.name(), weightScale, graph.int8Zeros(Math.toIntExact(out))),
                Attribute.of("axis", 1));
        Levels levels = graph.levels(input.name(), () -> levels(input));
        String sums = node("MatMulInteger", result, List.of(levels.integers(), integers, levels.zero()));
        String floats = node("Cast", result, List.of(sums), Attribute.of("to", ElementType.FLOAT.code()));
        String scale = node("Mul", each, List.of(levels.scale(), weightScale));
        return scope.node(layer, "Mul", result, List.of(floats, scale));
    }

    private Levels levels(OnnxTensor input) {
        List<OnnxTensor> parts = scope.node(
                layer,
                "DynamicQuantizeLinear",
                List.of(input.shape(), Shape.of(), Shape.of()),
                List.of(input.name()),
                ElementType.FLOAT);
        return new Levels(parts.get(0).name(), parts.get(1).name(), parts.get(2).name());
    }

    private String node(String op, Shape result, List<String> inputs, Attribute... attributes) {
        return scope.node(layer, op, result, inputs, attributes).name();
    }
}
