package mixgrpo.trainer.torchscript;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import mixgrpo.models.Scope;
import mixgrpo.models.Tensor;
import mixgrpo.models.lora.Lora;

/**
 * Records one stage as the body of a TorchScript method {@code (self, w: List[Tensor], o: int, a0: Tensor, ...)}. Parameter
 * {@code k} of the stage is {@code w[o + k]}, so equal stages share the text and differ in {@code o}. Data types are numbers in
 * TorchScript's serialised form: 6 is float32, 15 bfloat16. With bfloat16, layers return it and whatever meets a float32 value
 * is promoted, as under PyTorch's autocast: the residual stream stays float32.
 */
final class ScriptScope implements Scope {

    private final ScriptOptions options;
    private final String path;
    private final StringBuilder body = new StringBuilder();
    private final Map<String, long[]> parameters = new LinkedHashMap<>();
    private final Map<String, Value> taps = new LinkedHashMap<>();
    private final Set<String> used = new LinkedHashSet<>();
    private final Map<String, String> casts = new LinkedHashMap<>();
    private int next;

    ScriptScope(ScriptOptions options, String path) {
        this.options = options;
        this.path = path;
    }

    /** Parameters in order, by their names relative to the stage. */
    Map<String, long[]> parameters() {
        return parameters;
    }

    Map<String, Value> taps() {
        return taps;
    }

    String body() {
        return body.toString();
    }

    /** A value that the method gets as an argument. */
    Value argument(String name) {
        return new Value(this, name);
    }

    boolean uses(Value argument) {
        return used.contains(argument.name);
    }

    @Override
    public Tensor param(String name, long... shape) {
        return line(weight(name, shape));
    }

    @Override
    public Tensor linear(String name, Tensor x, int in, int out) {
        return linear(name, x, in, out, weight(name + ".weight", out, in), weight(name + ".bias", out));
    }

    @Override
    public Tensor linearWithoutBias(String name, Tensor x, int in, int out) {
        return linear(name, x, in, out, weight(name + ".weight", out, in), null);
    }

    private Tensor linear(String name, Tensor x, int in, int out, String weight, String bias) {
        Value base = product((Value) x, weight, bias);
        if (options.lora().isEmpty() || !options.lora().get().adapts(path.isEmpty() ? name : path + "." + name)) {
            return base;
        }
        LoraConfig lora = options.lora().get();
        String a = weight(name + Lora.A, lora.rank(), in);
        String b = weight(name + Lora.B, out, lora.rank());
        // The adapters compute in float32 whatever the base does: their updates are too small for bfloat16.
        Value adapted = line("torch.linear(torch.linear(%s, %s), %s)".formatted(full(x), a, b));
        return base.plus(adapted.times(lora.scale()));
    }

    /**
     * {@code x weight^T + bias}. A concatenation that nobody else reads is never made: its parts meet their columns of the weight and
     * the results are added. Not so in bfloat16, where that sum would be rounded once more; there the parts are converted first.
     */
    private Value product(Value x, String weight, String bias) {
        if (options.precision() == Precision.BF16 && x.isPending(CONCATENATION)) {
            return line("torch.linear(%s, %s, %s)"
                    .formatted(CONCATENATION.formatted(low(x.left), low(x.right)), low(weight), low(bias)));
        }
        if (x.isPending(CONCATENATION)) {
            String head = "torch.linear(%s, torch.slice(%s, 1, 0, torch.size(%s, -1)), %s)"
                    .formatted(x.left, weight, x.left, bias);
            String tail = "torch.linear(%s, torch.slice(%s, 1, torch.size(%s, -1)))".formatted(x.right, weight, x.left);
            return line("torch.add(%s, %s)".formatted(head, tail));
        }
        return line("torch.linear(%s, %s, %s)".formatted(low(x.toString()), low(weight), low(bias)));
    }

    @Override
    public Tensor conv2d(String name, Tensor x, int in, int out, int kernel, int stride, int padding) {
        String weight = weight(name + ".weight", out, in, kernel, kernel);
        String bias = weight(name + ".bias", out);
        return line("torch.conv2d(%s, %s, %s, [%d, %d], [%d, %d], [1, 1], 1)"
                .formatted(low(x.toString()), low(weight), low(bias), stride, stride, padding, padding));
    }

    @Override
    public Tensor embedding(String name, Tensor ids, int rows, int dim) {
        return line("torch.embedding(%s, %s)".formatted(weight(name + ".weight", rows, dim), ids));
    }

    @Override
    public Tensor tap(String name, Tensor value) {
        taps.put(name, (Value) value);
        return value;
    }

    private String weight(String name, long... shape) {
        long[] known = parameters.putIfAbsent(name, shape);
        if (known != null && !Arrays.equals(known, shape)) {
            throw new IllegalStateException("parameter '%s' of stage '%s' is used as %s and as %s"
                    .formatted(name, path, Arrays.toString(known), Arrays.toString(shape)));
        }
        return "w[o + %d]".formatted(List.copyOf(parameters.keySet()).indexOf(name));
    }

    private String low(String value) {
        return value == null ? "None" : cast(value, 15);
    }

    /** The value in float32: norms, softmax, attention and plain products are computed in it whatever layers return. */
    private String full(Tensor value) {
        return cast(value.toString(), 6);
    }

    /** A value is converted once, however many layers read it. */
    private String cast(String value, int type) {
        if (options.precision() == Precision.FP32) {
            return value;
        }
        return casts.computeIfAbsent(type + value, key -> line("torch.to(%s, %d)".formatted(value, type)).name);
    }

    Value line(String expression) {
        Value value = new Value(this, "v" + next++);
        value.write(expression);
        return value;
    }

    /** A product, whose factors a sum takes instead. */
    private static final String PRODUCT = "torch.mul(%s, %s)";

    /** A concatenation along the last axis, whose parts a linear layer takes instead. */
    private static final String CONCATENATION = "torch.cat([%s, %s], -1)";

    /** A value that is written when it is first asked for; an operation that knows better takes its operands. */
    private Value pending(String operation, Value left, Value right) {
        Value value = new Value(this, "v" + next++);
        value.operation = operation;
        value.left = left.toString();
        value.right = right.toString();
        return value;
    }

    /** A variable of the method under construction. */
    static final class Value implements Tensor {
        private final ScriptScope scope;
        private final String name;

        /** What makes this value of {@code left} and {@code right}, until it has been written; then null. */
        private String operation;

        private String left;
        private String right;

        private Value(ScriptScope scope, String name) {
            this.scope = scope;
            this.name = name;
        }

        private boolean isPending(String kind) {
            return kind.equals(operation);
        }

        private void write(String expression) {
            scope.body
                    .append("    ")
                    .append(name)
                    .append(" = ")
                    .append(expression)
                    .append('\n');
        }

        /** The variable's name; asking for it counts as a use. */
        @Override
        public String toString() {
            if (operation != null) {
                write(operation.formatted(left, right));
                operation = null;
            }
            scope.used.add(name);
            return name;
        }

        private String full() {
            return scope.full(this);
        }

        private Value call(String format, Object... arguments) {
            return scope.line("torch." + format.formatted(arguments));
        }

        @Override
        public Value plus(Tensor other) {
            Value addend = (Value) other;
            if (addend.isPending(PRODUCT)) {
                return call("addcmul(%s, %s, %s)", this, addend.left, addend.right);
            }
            if (isPending(PRODUCT)) {
                return call("addcmul(%s, %s, %s)", addend, left, right);
            }
            return call("add(%s, %s)", this, addend);
        }

        /** In float32: bfloat16 would round away most of a small value to which 1 is added. */
        @Override
        public Value plus(double value) {
            return call("add(%s, %s)", full(), number(value));
        }

        @Override
        public Value minus(Tensor other) {
            return call("sub(%s, %s)", this, other);
        }

        @Override
        public Value times(Tensor other) {
            return scope.pending(PRODUCT, this, (Value) other);
        }

        @Override
        public Value times(double factor) {
            return call("mul(%s, %s)", this, number(factor));
        }

        @Override
        public Value matmul(Tensor other) {
            return call("matmul(%s, %s)", full(), scope.full(other));
        }

        @Override
        public Value reshape(long... dims) {
            String extents = IntStream.range(0, dims.length)
                    .mapToObj(axis -> dims[axis] == 0 ? "torch.size(%s, %d)".formatted(this, axis) : "" + dims[axis])
                    .collect(Collectors.joining(", "));
            return call("reshape(%s, [%s])", this, extents);
        }

        @Override
        public Value reshapeLike(Tensor like) {
            return call("reshape(%s, torch.size(%s))", this, like);
        }

        @Override
        public Value permute(int... axes) {
            return call("permute(%s, %s)", this, Arrays.toString(axes));
        }

        @Override
        public List<Tensor> chunk(int parts, int axis) {
            Value all = call("chunk(%s, %d, %d)", this, parts, axis);
            return IntStream.range(0, parts)
                    .<Tensor>mapToObj(part -> scope.line("%s[%d]".formatted(all, part)))
                    .toList();
        }

        @Override
        public Value slice(int axis, long start, long end) {
            return call("slice(%s, %d, %d, %d)", this, axis, start, end);
        }

        @Override
        public Value concat(int axis, Tensor other) {
            return axis == -1
                    ? scope.pending(CONCATENATION, this, (Value) other)
                    : call("cat([%s, %s], %d)", this, other, axis);
        }

        @Override
        public Value headLike(int axis, Tensor like) {
            return call("slice(%s, %d, 0, torch.size(%s, %d))", this, axis, like, axis);
        }

        @Override
        public Value tailAfter(int axis, Tensor like) {
            return call("slice(%s, %d, torch.size(%s, %d))", this, axis, like, axis);
        }

        @Override
        public Value sigmoid() {
            return call("sigmoid(%s)", this);
        }

        @Override
        public Value tanh() {
            return call("tanh(%s)", this);
        }

        @Override
        public Value silu() {
            return call("silu(%s)", this);
        }

        @Override
        public Value gelu() {
            return call("gelu(%s, approximate=\"none\")", this);
        }

        @Override
        public Value geluTanh() {
            return call("gelu(%s, approximate=\"tanh\")", this);
        }

        @Override
        public Value quickGelu() {
            return call("mul(%s, torch.sigmoid(torch.mul(%s, 1.702)))", this, this);
        }

        @Override
        public Value exp() {
            return call("exp(%s)", this);
        }

        @Override
        public Value clamp(double low, double high) {
            return call("clamp(%s, %s, %s)", this, number(low), number(high));
        }

        @Override
        public Value softmax() {
            return call("softmax(%s, -1)", full());
        }

        @Override
        public Value layerNorm(double eps) {
            return call("layer_norm(%s, [torch.size(%s, -1)], None, None, %s)", full(), this, number(eps));
        }

        /** From the length of each row: libtorch's own takes twice as many passes over the rows, most of them backward. */
        @Override
        public Value rmsNorm(Tensor weight, double eps) {
            Value norm = call("linalg_vector_norm(%s, 2, [-1], True)", full());
            Value meanSquare = call("div(torch.mul(%s, %s), torch.size(%s, -1))", norm, norm, this);
            Value root = call("rsqrt(torch.add(%s, %s))", meanSquare, number(eps));
            return call("mul(torch.mul(%s, %s), %s)", full(), root, weight);
        }

        @Override
        public Value groupNorm(int groups, Tensor weight, Tensor bias, double eps) {
            return call("group_norm(%s, %d, %s, %s, %s)", full(), groups, weight, bias, number(eps));
        }

        @Override
        public Value attention(Tensor key, Tensor value, double scale) {
            return call(
                    "scaled_dot_product_attention(%s, %s, %s, None, 0., False, scale=%s)",
                    full(), scope.full(key), scope.full(value), number(scale));
        }

        @Override
        public Value attention(Tensor key, Tensor value, Tensor bias, double scale) {
            return call(
                    "scaled_dot_product_attention(%s, %s, %s, %s, 0., False, scale=%s)",
                    full(), scope.full(key), scope.full(value), scope.full(bias), number(scale));
        }

        @Override
        public Value rotary(Tensor cos, Tensor sin) {
            Value turned = call("mul(%s, torch.complex(%s, %s))", complex(full()), half(cos), half(sin));
            return call("flatten(torch.view_as_real(%s), 3)", turned);
        }

        /** Neighbouring pairs as complex numbers: turning a pair is one complex product. */
        private static String complex(String value) {
            return "torch.view_as_complex(torch.unflatten(torch.contiguous(%s), -1, [-1, 2]))".formatted(value);
        }

        /** Every second column of a rotary table, whose values stand twice. */
        private static String half(Tensor table) {
            return "torch.contiguous(torch.slice(%s, 1, 0, None, 2))".formatted(table);
        }

        @Override
        public Value pad2d(int left, int right, int top, int bottom) {
            return call("constant_pad_nd(%s, [%d, %d, %d, %d], 0)", this, left, right, top, bottom);
        }

        @Override
        public Value upsampleNearest2x() {
            return call("upsample_nearest2d(%s, None, [2., 2.])", this);
        }

        /** A TorchScript float literal: Java's form is one, except that infinities are not. */
        private static String number(double value) {
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException("a constant of a network must be finite, got " + value);
            }
            return Double.toString(value);
        }
    }
}
