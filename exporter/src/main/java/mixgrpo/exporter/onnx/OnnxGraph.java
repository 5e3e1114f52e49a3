package mixgrpo.exporter.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** A graph under construction: {@code GraphProto} in typed form. Every name in it is used once. */
final class OnnxGraph {

    /** An operation; the outputs carry their names and shapes. */
    record Node(String name, String op, List<String> inputs, List<OnnxValue> outputs, List<Attribute> attributes) {

        Node {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
            attributes = List.copyOf(attributes);
        }

        private Protobuf toProto() {
            Protobuf proto = new Protobuf();
            inputs.forEach(input -> proto.text(1, input));
            outputs.forEach(output -> proto.text(2, output.name()));
            proto.text(3, name).text(4, op);
            attributes.forEach(attribute -> proto.message(5, attribute.toProto()));
            return proto;
        }

        /** {@code output[axes] = Op(inputs) attribute=value}. */
        @Override
        public String toString() {
            return "%s = %s(%s)%s"
                    .formatted(
                            outputs.stream().map(OnnxValue::toString).collect(Collectors.joining(", ")),
                            op,
                            String.join(", ", inputs),
                            attributes.stream()
                                    .map(attribute -> " " + attribute)
                                    .collect(Collectors.joining()));
        }
    }

    private final String name;
    private final List<OnnxValue> inputs = new ArrayList<>();
    private final List<OnnxValue> outputs = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Protobuf> constants = new LinkedHashMap<>();
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> shared = new HashMap<>();
    private final Map<String, QuantizedLinear.Levels> levels = new HashMap<>();
    private final Set<String> names = new HashSet<>();
    private final Map<String, Integer> used = new HashMap<>();

    OnnxGraph(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    List<OnnxValue> inputs() {
        return List.copyOf(inputs);
    }

    List<OnnxValue> outputs() {
        return List.copyOf(outputs);
    }

    List<Node> nodes() {
        return Collections.unmodifiableList(nodes);
    }

    /** Every parameter by its key, in the order of first use. */
    Map<String, Parameter> parameters() {
        return Collections.unmodifiableMap(parameters);
    }

    void input(OnnxValue value) {
        claim(value.name());
        inputs.add(value);
    }

    /** Makes {@code value} an output called {@code called}. */
    void output(String called, OnnxTensor value) {
        OnnxValue output = new OnnxValue(called, value.type(), value.shape().axes());
        add(new Node(called, "Identity", List.of(value.name()), List.of(output), List.of()));
        outputs.add(output);
    }

    void add(Node node) {
        node.outputs().forEach(output -> claim(output.name()));
        nodes.add(node);
    }

    /** The next free name {@code stem}, {@code stem_1}, {@code stem_2}, ... for a node. */
    String unused(String stem) {
        int uses = used.merge(stem, 1, Integer::sum);
        return uses == 1 ? stem : stem + "_" + (uses - 1);
    }

    /** The value known as {@code key}, made when it is first asked for; equal keys are equal values. */
    OnnxTensor shared(String key, Supplier<OnnxTensor> value) {
        if (!shared.containsKey(key)) {
            shared.put(key, value.get());
        }
        return shared.get(key);
    }

    /** The 8-bit integers of a value, made when they are first asked for. */
    QuantizedLinear.Levels levels(String value, Supplier<QuantizedLinear.Levels> made) {
        return levels.computeIfAbsent(value, key -> made.get());
    }

    /**
     * The parameter of that key as it is stored: as it was asked for the first time.
     *
     * @throws IllegalStateException if it was used with another shape
     */
    Parameter parameter(String key, ElementType stored, long... shape) {
        Parameter known = parameters.get(key);
        if (known == null) {
            claim(key);
            known = new Parameter(stored, shape);
            parameters.put(key, known);
        } else if (!Arrays.equals(known.shape(), shape)) {
            throw new IllegalStateException("parameter '%s' is used as %s and as %s"
                    .formatted(key, Arrays.toString(known.shape()), Arrays.toString(shape)));
        }
        return known;
    }

    /** The float32 scalar next to {@code value}. */
    String scalar(double value) {
        float rounded = (float) value;
        return constant(
                "f32 " + rounded, ElementType.FLOAT, littleEndian(Float.BYTES).putFloat(rounded));
    }

    /** {@code count} times {@code value}: a float32 vector. */
    String repeated(float value, int count) {
        ByteBuffer raw = littleEndian(Float.BYTES * count);
        for (int i = 0; i < count; i++) {
            raw.putFloat(value);
        }
        return constant("f32 %d x %s".formatted(count, value), ElementType.FLOAT, raw, count);
    }

    /** A float32 vector. */
    String floats(float... values) {
        return table("f32 " + Arrays.toString(values), values);
    }

    /** An int64 vector. */
    String longs(long... values) {
        return table("i64 " + Arrays.toString(values), values);
    }

    /** An int64 scalar. */
    String whole(long value) {
        return constant(
                "i64 " + value, ElementType.INT64, littleEndian(Long.BYTES).putLong(value));
    }

    /** A float32 vector with a name of its own, because it is long. */
    String table(String called, float[] values) {
        ByteBuffer raw = littleEndian(Float.BYTES * values.length);
        raw.asFloatBuffer().put(values);
        return constant(called, ElementType.FLOAT, raw, values.length);
    }

    /** An int64 vector with a name of its own, because it is long. */
    String table(String called, long[] values) {
        ByteBuffer raw = littleEndian(Long.BYTES * values.length);
        raw.asLongBuffer().put(values);
        return constant(called, ElementType.INT64, raw, values.length);
    }

    /** An int8 vector of zeros. */
    String int8Zeros(int count) {
        return constant("i8 %d x 0".formatted(count), ElementType.INT8, littleEndian(count), count);
    }

    private String constant(String called, ElementType type, ByteBuffer raw, long... dims) {
        if (!constants.containsKey(called)) {
            claim(called);
            constants.put(called, tensor(called, type, dims).bytes(9, raw.array()));
        }
        return called;
    }

    private void claim(String called) {
        if (!names.add(called)) {
            throw new IllegalStateException("graph '%s' has two values called '%s'".formatted(name, called));
        }
    }

    static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** {@code TensorProto} without its data. */
    static Protobuf tensor(String called, ElementType type, long... dims) {
        Protobuf proto = new Protobuf();
        for (long dim : dims) {
            proto.number(1, dim);
        }
        return proto.number(2, type.code()).text(8, called);
    }

    /**
     * {@code GraphProto}.
     *
     * @param initializer makes the {@code TensorProto} of a parameter
     * @param fed parameters that are inputs instead, behind the others
     */
    Protobuf toProto(BiFunction<String, Parameter, Protobuf> initializer, Predicate<String> fed) {
        Protobuf proto = new Protobuf();
        nodes.forEach(node -> proto.message(1, node.toProto()));
        proto.text(2, name);
        constants.values().forEach(constant -> proto.message(5, constant));
        inputs.forEach(input -> proto.message(11, input.toProto()));
        parameters.forEach((key, parameter) -> {
            if (fed.test(key)) {
                OnnxValue input = new OnnxValue(
                        key, parameter.type(), Shape.of(parameter.shape()).axes());
                proto.message(11, input.toProto());
            } else {
                proto.message(5, initializer.apply(key, parameter));
            }
        });
        outputs.forEach(output -> proto.message(12, output.toProto()));
        return proto;
    }

    /** One line an input, a node, an output. */
    String listing() {
        StringBuilder text = new StringBuilder();
        inputs.forEach(input -> text.append("input ").append(input).append('\n'));
        nodes.forEach(node -> text.append(node).append('\n'));
        outputs.forEach(output -> text.append("output ").append(output).append('\n'));
        return text.toString();
    }
}
