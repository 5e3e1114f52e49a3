package mixgrpo.exporter.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import mixgrpo.models.Tensor;

/**
 * A value of a graph under construction.
 *
 * @param scope of the stage that made it; an operation belongs to the scope of its first operand
 * @param name in the graph
 * @param type FLOAT, which is computed with; INT64, ids that are moved and look up embeddings; or that of a product in low precision
 */
record OnnxTensor(OnnxScope scope, String name, Shape shape, ElementType type) implements Tensor {

    private static final double ROOT_HALF = Math.sqrt(0.5);

    OnnxValue value() {
        return new OnnxValue(name, type, shape.axes());
    }

    boolean ids() {
        return type == ElementType.INT64;
    }

    /** This value as an operand of arithmetic. */
    OnnxTensor computed() {
        if (ids()) {
            throw new IllegalStateException("ids '%s' pick embeddings and cannot be computed with".formatted(name));
        }
        return this;
    }

    private static OnnxTensor of(Tensor tensor) {
        return (OnnxTensor) tensor;
    }

    /** A computed value of one more operand or none, which may be a constant's name. */
    private OnnxTensor compute(String op, Shape result, List<String> more, Attribute... attributes) {
        List<String> inputs = new ArrayList<>(List.of(computed().name));
        inputs.addAll(more);
        return scope.node("", op, result, inputs, attributes);
    }

    private OnnxTensor elementwise(String op, Tensor other) {
        OnnxTensor right = of(other).computed();
        return compute(op, Shape.broadcast(shape, right.shape), List.of(right.name));
    }

    private OnnxTensor withScalar(String op, double value) {
        return compute(op, shape, List.of(scope.graph().scalar(value)));
    }

    private OnnxTensor map(String op) {
        return compute(op, shape, List.of());
    }

    /** The same elements in another order or shape. */
    private OnnxTensor move(String op, Shape result, List<String> more, Attribute... attributes) {
        List<String> inputs = new ArrayList<>(List.of(name));
        inputs.addAll(more);
        return scope.node("", op, type, result, inputs, attributes);
    }

    private String longs(long... values) {
        return scope.graph().longs(values);
    }

    @Override
    public OnnxTensor plus(Tensor other) {
        return elementwise("Add", other);
    }

    @Override
    public OnnxTensor plus(double value) {
        return withScalar("Add", value);
    }

    @Override
    public OnnxTensor minus(Tensor other) {
        return elementwise("Sub", other);
    }

    @Override
    public OnnxTensor times(Tensor other) {
        return elementwise("Mul", other);
    }

    @Override
    public OnnxTensor times(double factor) {
        return withScalar("Mul", factor);
    }

    private OnnxTensor over(Tensor other) {
        return elementwise("Div", other);
    }

    @Override
    public OnnxTensor matmul(Tensor other) {
        OnnxTensor right = of(other).computed();
        return compute("MatMul", shape.matmul(right.shape), List.of(right.name));
    }

    @Override
    public OnnxTensor reshape(long... dims) {
        return move("Reshape", shape.reshape(dims), List.of(longs(dims)));
    }

    @Override
    public OnnxTensor reshapeLike(Tensor like) {
        OnnxTensor target = of(like);
        OnnxTensor extents =
                scope.node("", "Shape", ElementType.INT64, Shape.of(target.shape.rank()), List.of(target.name));
        return move("Reshape", target.shape, List.of(extents.name));
    }

    @Override
    public OnnxTensor permute(int... axes) {
        Shape result = shape.permute(axes);
        long[] order = Arrays.stream(axes).mapToLong(shape::place).toArray();
        return move("Transpose", result, List.of(), Attribute.of("perm", order));
    }

    @Override
    public List<Tensor> chunk(int parts, int axis) {
        long extent = shape.get(axis).value();
        if (extent % parts != 0) {
            throw new IllegalStateException("axis %d of %s has no %d equal parts".formatted(axis, shape, parts));
        }
        Shape part = shape.with(axis, Extent.of(extent / parts));
        List<OnnxTensor> pieces = scope.node(
                "",
                "Split",
                Collections.nCopies(parts, part),
                List.of(name),
                type,
                Attribute.of("axis", shape.place(axis)),
                Attribute.of("num_outputs", parts));
        return List.copyOf(pieces);
    }

    @Override
    public OnnxTensor slice(int axis, long start, long end) {
        Extent extent = shape.get(axis);
        if (start < 0 || end < start || extent.isConstant() && end > extent.value()) {
            throw new IllegalStateException(
                    "elements %d to %d of axis %d of %s are not there".formatted(start, end, axis, shape));
        }
        return move(
                "Slice",
                shape.with(axis, Extent.of(end - start)),
                List.of(longs(start), longs(end), longs(shape.place(axis))));
    }

    @Override
    public OnnxTensor concat(int axis, Tensor other) {
        OnnxTensor next = of(other);
        if (next.type != type) {
            throw new IllegalStateException("'%s' and '%s' are of different types".formatted(name, next.name));
        }
        return move(
                "Concat", shape.concat(axis, next.shape), List.of(next.name), Attribute.of("axis", shape.place(axis)));
    }

    @Override
    public OnnxTensor headLike(int axis, Tensor like) {
        OnnxTensor length = of(like).extent(axis);
        return move(
                "Slice",
                shape.with(axis, of(like).shape.get(axis)),
                List.of(longs(0), length.name, longs(shape.place(axis))));
    }

    @Override
    public OnnxTensor tailAfter(int axis, Tensor like) {
        OnnxTensor length = of(like).extent(axis);
        Extent rest = shape.get(axis).minus(of(like).shape.get(axis));
        return move(
                "Slice", shape.with(axis, rest), List.of(length.name, longs(Long.MAX_VALUE), longs(shape.place(axis))));
    }

    /** The extent of an axis as an int64 vector of one element. */
    private OnnxTensor extent(int axis) {
        int place = shape.place(axis);
        return scope.node(
                "",
                "Shape",
                ElementType.INT64,
                Shape.of(1),
                List.of(name),
                Attribute.of("start", place),
                Attribute.of("end", place + 1));
    }

    @Override
    public OnnxTensor sigmoid() {
        return map("Sigmoid");
    }

    @Override
    public OnnxTensor tanh() {
        return map("Tanh");
    }

    @Override
    public OnnxTensor silu() {
        return times(sigmoid());
    }

    @Override
    public OnnxTensor gelu() {
        if (scope.options().form() == Form.ORT) {
            return compute("Gelu", shape, List.of());
        }
        return times(times(ROOT_HALF).map("Erf").plus(1)).times(0.5);
    }

    /** The primitives in the order in which ONNX Runtime and TensorRT know them and fuse them into one kernel. */
    @Override
    public OnnxTensor geluTanh() {
        if (scope.options().form() == Form.ORT) {
            return compute("Gelu", shape, List.of(), Attribute.of("approximate", "tanh"));
        }
        OnnxTensor cube = withScalar("Pow", 3);
        OnnxTensor inner = plus(cube.times(0.044715)).times(Math.sqrt(2 / Math.PI));
        return times(0.5).times(inner.tanh().plus(1));
    }

    @Override
    public OnnxTensor quickGelu() {
        return times(times(1.702).sigmoid());
    }

    @Override
    public OnnxTensor exp() {
        return map("Exp");
    }

    @Override
    public OnnxTensor clamp(double low, double high) {
        return compute(
                "Clip", shape, List.of(scope.graph().scalar(low), scope.graph().scalar(high)));
    }

    @Override
    public OnnxTensor softmax() {
        return compute("Softmax", shape, List.of(), Attribute.of("axis", -1));
    }

    @Override
    public OnnxTensor layerNorm(double eps) {
        if (scope.options().layerNormOp()) {
            int width = Math.toIntExact(shape.last().value());
            return compute(
                    "LayerNormalization",
                    shape,
                    List.of(scope.graph().repeated(1, width), scope.graph().repeated(0, width)),
                    Attribute.of("axis", -1),
                    Attribute.of("epsilon", eps));
        }
        OnnxTensor centered = minus(mean());
        return centered.over(centered.times(centered).mean().plus(eps).map("Sqrt"));
    }

    /** The mean over the last axis, which stays with extent 1. */
    private OnnxTensor mean() {
        return compute("ReduceMean", shape.with(-1, Extent.of(1)), List.of(longs(-1)), Attribute.of("keepdims", 1));
    }

    @Override
    public OnnxTensor rmsNorm(Tensor weight, double eps) {
        if (scope.options().form() == Form.ORT) {
            return compute(
                    "RMSNormalization",
                    shape,
                    List.of(of(weight).name),
                    Attribute.of("axis", -1),
                    Attribute.of("epsilon", eps));
        }
        return over(times(this).mean().plus(eps).map("Sqrt")).times(weight);
    }

    /** Each group becomes one channel of an instance norm, whose kernel reads the picture fewer times than primitives would. */
    @Override
    public OnnxTensor groupNorm(int groups, Tensor weight, Tensor bias, double eps) {
        if (shape.rank() != 4 || shape.get(1).value() % groups != 0) {
            throw new IllegalStateException("group norm needs [B, n x %d, H, W], got %s".formatted(groups, shape));
        }
        OnnxTensor joined = reshape(0, groups, -1);
        OnnxTensor normal = joined.compute(
                "InstanceNormalization",
                joined.shape,
                List.of(scope.graph().repeated(1, groups), scope.graph().repeated(0, groups)),
                Attribute.of("epsilon", eps));
        return normal.reshapeLike(this).times(of(weight).reshape(-1, 1, 1)).plus(of(bias).reshape(-1, 1, 1));
    }

    @Override
    public OnnxTensor attention(Tensor key, Tensor value, double scale) {
        return times(scale).product(turned(key)).softmax().product(of(value));
    }

    @Override
    public OnnxTensor attention(Tensor key, Tensor value, Tensor bias, double scale) {
        OnnxTensor scores = times(scale).product(turned(key));
        return scores.plus(bias).shaped(scores.shape).softmax().product(of(value));
    }

    /** The keys {@code [B, heads, D, M]}, in the precision of products. */
    private static OnnxTensor turned(Tensor key) {
        return of(key).low().permute(0, 1, 3, 2);
    }

    /** A matrix product of two activations, float32 whatever its precision. */
    private OnnxTensor product(OnnxTensor right) {
        OnnxTensor other = right.low();
        OnnxTensor result =
                scope.node("", "MatMul", other.type, shape.matmul(other.shape), List.of(low().name, other.name));
        return scope.cast("", result, ElementType.FLOAT);
    }

    /** This value in the precision of products. */
    private OnnxTensor low() {
        return scope.cast("", this, scope.options().precision().type());
    }

    @Override
    public OnnxTensor rotary(Tensor cos, Tensor sin) {
        if (scope.options().form() == Form.ORT) {
            return compute(
                    "RotaryEmbedding",
                    shape,
                    List.of(of(cos).rotaryCache(this).name, of(sin).rotaryCache(this).name),
                    Attribute.of("interleaved", 1));
        }
        List<Tensor> sides = reshape(0, 0, 0, -1, 2).chunk(2, -1);
        OnnxTensor turned = of(sides.get(1)).map("Neg").concat(-1, sides.get(0)).reshape(0, 0, 0, -1);
        return times(cos).shaped(shape).plus(turned.times(sin).shaped(shape));
    }

    /** This value, whose shape is known to be {@code known} although no rule for its operation says so. */
    private OnnxTensor shaped(Shape known) {
        return new OnnxTensor(scope, name, known, type);
    }

    /**
     * This rotary table {@code [N, D]}, whose values stand twice, as RotaryEmbedding wants it: {@code [B, N, D / 2]} for the batch
     * of {@code turned}. All blocks share it.
     */
    private OnnxTensor rotaryCache(OnnxTensor turned) {
        Extent batch = turned.shape.get(0);
        return scope.graph().shared("rotary %s x %s".formatted(name, batch), () -> {
            Shape half = shape.with(1, shape.get(1).over(2));
            OnnxTensor once = move("Slice", half, List.of(longs(0), longs(Long.MAX_VALUE), longs(1), longs(2)));
            String copies =
                    turned.extent(0).move("Concat", Shape.of(3), List.of(longs(1, 1)), Attribute.of("axis", 0)).name;
            return once.move("Expand", new Shape(List.of(batch, half.get(0), half.get(1))), List.of(copies));
        });
    }

    @Override
    public OnnxTensor pad2d(int left, int right, int top, int bottom) {
        Shape padded = shape.with(-2, shape.get(-2).plus(top + bottom))
                .with(-1, shape.last().plus(left + right));
        return compute("Pad", padded, List.of(longs(0, 0, top, left, 0, 0, bottom, right)));
    }

    @Override
    public OnnxTensor upsampleNearest2x() {
        Shape doubled = shape.with(-2, shape.get(-2).times(Extent.of(2)))
                .with(-1, shape.last().times(Extent.of(2)));
        return compute(
                "Resize",
                doubled,
                List.of("", scope.graph().floats(1, 1, 2, 2)),
                Attribute.of("mode", "nearest"),
                Attribute.of("coordinate_transformation_mode", "asymmetric"),
                Attribute.of("nearest_mode", "floor"));
    }
}
