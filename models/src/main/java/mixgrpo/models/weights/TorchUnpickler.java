package mixgrpo.models.weights;

import static mixgrpo.models.weights.Problems.quoted;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.PickleUtils;
import net.razorvine.pickle.Unpickler;

/**
 * Reads the pickle of a torch archive without running anything that it asks for. Only the opcodes and the constructors
 * of a dictionary of tensors are known; whatever else is met is refused by its name. Tensors become {@link View},
 * dictionaries keep their order, tuples are {@code Object[]}.
 */
final class TorchUnpickler extends Unpickler {

    private static final int MAX_OPERATIONS = 4_000_000;
    private static final int MAX_DIMENSIONS = 32;
    private static final Map<String, Dtype> STORAGES = Map.of(
            "torch.DoubleStorage", Dtype.F64,
            "torch.FloatStorage", Dtype.F32,
            "torch.HalfStorage", Dtype.F16,
            "torch.BFloat16Storage", Dtype.BF16,
            "torch.LongStorage", Dtype.I64,
            "torch.IntStorage", Dtype.I32,
            "torch.ShortStorage", Dtype.I16,
            "torch.CharStorage", Dtype.I8,
            "torch.ByteStorage", Dtype.U8,
            "torch.BoolStorage", Dtype.BOOL);

    private final ByteArrayInputStream bytes;
    private int operations;

    private TorchUnpickler(byte[] pickle) {
        bytes = new ByteArrayInputStream(pickle);
    }

    /**
     * The object that {@code pickle} describes.
     *
     * @throws IOException if it is damaged or asks for what is not on the list; says what
     */
    static Object load(byte[] pickle) throws IOException {
        TorchUnpickler unpickler = new TorchUnpickler(pickle);
        try {
            return unpickler.load(unpickler.bytes);
        } catch (RuntimeException e) {
            // The library trusts the order of operations: in a damaged pickle its stack runs dry, holds something else,
            // or worse.
            String reason = e instanceof PickleException ? e.getMessage() : "its operations do not fit together";
            throw new IOException("not a pickle of tensors: " + reason, e);
        }
    }

    /** The bytes of a storage: an entry {@code data/<key>} of the archive. */
    record Storage(String key, Dtype dtype, long elements) {}

    /** A view of a storage; strides and offset in elements. */
    record View(Storage storage, long offset, long[] shape, long[] strides) {}

    /** What a pickle may name; a storage class carries its dtype. */
    private record Known(Kind kind, Dtype dtype) {
        enum Kind {
            DICTIONARY,
            TENSOR,
            PARAMETER,
            STORAGE
        }

        static Known named(String name) {
            return switch (name) {
                case "collections.OrderedDict" -> new Known(Kind.DICTIONARY, null);
                case "torch._utils._rebuild_tensor_v2" -> new Known(Kind.TENSOR, null);
                case "torch._utils._rebuild_parameter" -> new Known(Kind.PARAMETER, null);
                default -> {
                    if (!STORAGES.containsKey(name)) {
                        throw new PickleException(
                                "it asks for %s, which is not executed; only %s and torch's storages are known"
                                        .formatted(
                                                quoted(name),
                                                "collections.OrderedDict, torch._utils._rebuild_tensor_v2, torch._utils._rebuild_parameter"));
                    }
                    yield new Known(Kind.STORAGE, STORAGES.get(name));
                }
            };
        }
    }

    @Override
    protected Object dispatch(short opcode) throws IOException {
        if (++operations > MAX_OPERATIONS) {
            throw new PickleException("more than %d operations".formatted(MAX_OPERATIONS));
        }
        switch (opcode) {
            case Opcodes.EMPTY_DICT -> stack.add(new LinkedHashMap<Object, Object>());
            case Opcodes.SETITEM -> {
                Object value = stack.pop();
                setItems(Arrays.asList(stack.pop(), value));
            }
            case Opcodes.SETITEMS -> setItems(stack.pop_all_since_marker());
            case Opcodes.GLOBAL ->
                stack.add(Known.named(PickleUtils.readline(input) + "." + PickleUtils.readline(input)));
            case Opcodes.STACK_GLOBAL -> {
                if (!(stack.pop() instanceof String name) || !(stack.pop() instanceof String module)) {
                    throw new PickleException("it names something by what is not text");
                }
                stack.add(Known.named(module + "." + name));
            }
            case Opcodes.REDUCE -> {
                if (!(stack.pop() instanceof Object[] arguments) || !(stack.pop() instanceof Known known)) {
                    throw new PickleException("it calls something that is not a constructor");
                }
                stack.add(call(known, arguments));
            }
            case Opcodes.BUILD -> {
                stack.pop(); // an OrderedDict's attributes: the versions of its modules
                if (!(stack.peek() instanceof Map)) {
                    throw new PickleException("it sets the state of something that is not a dictionary");
                }
            }
            case Opcodes.BINUNICODE -> {
                checkLength();
                return super.dispatch(opcode);
            }
            case Opcodes.STOP,
                    Opcodes.PROTO,
                    Opcodes.FRAME,
                    Opcodes.MARK,
                    Opcodes.NONE,
                    Opcodes.NEWTRUE,
                    Opcodes.NEWFALSE,
                    Opcodes.BININT,
                    Opcodes.BININT1,
                    Opcodes.BININT2,
                    Opcodes.LONG1,
                    Opcodes.BINFLOAT,
                    Opcodes.SHORT_BINUNICODE,
                    Opcodes.EMPTY_TUPLE,
                    Opcodes.TUPLE,
                    Opcodes.TUPLE1,
                    Opcodes.TUPLE2,
                    Opcodes.TUPLE3,
                    Opcodes.EMPTY_LIST,
                    Opcodes.APPEND,
                    Opcodes.APPENDS,
                    Opcodes.BINGET,
                    Opcodes.LONG_BINGET,
                    Opcodes.BINPUT,
                    Opcodes.LONG_BINPUT,
                    Opcodes.MEMOIZE,
                    Opcodes.BINPERSID -> {
                return super.dispatch(opcode);
            }
            default -> throw new PickleException("operation 0x%02x is not needed for tensors".formatted(opcode));
        }
        return NO_RETURN_VALUE;
    }

    @Override
    protected Object persistentLoad(Object id) {
        if (id instanceof Object[] parts
                && parts.length == 5
                && "storage".equals(parts[0])
                && parts[1] instanceof Known known
                && known.kind() == Known.Kind.STORAGE
                && parts[2] instanceof String key) {
            return new Storage(key, known.dtype(), wholeNumber(parts[4]));
        }
        throw new PickleException("it refers to something that is not a storage");
    }

    private static Object call(Known known, Object[] arguments) {
        return switch (known.kind()) {
            case DICTIONARY -> {
                if (arguments.length > 0) {
                    throw new PickleException("an OrderedDict is made from something");
                }
                yield new LinkedHashMap<Object, Object>();
            }
            case TENSOR -> {
                if (arguments.length < 4
                        || !(arguments[0] instanceof Storage storage)
                        || !(arguments[2] instanceof Object[] shape)
                        || !(arguments[3] instanceof Object[] strides)) {
                    throw new PickleException("expected a storage, offset, shape and strides for a tensor");
                }
                yield new View(storage, wholeNumber(arguments[1]), wholeNumbers(shape), wholeNumbers(strides));
            }
            case PARAMETER -> {
                if (arguments.length == 0 || !(arguments[0] instanceof View)) {
                    throw new PickleException("a parameter is made from something that is not a tensor");
                }
                yield arguments[0];
            }
            case STORAGE -> throw new PickleException("it makes a storage out of line");
        };
    }

    /** Puts pairs into the dictionary on the stack. Keys must be text: other objects could take forever to hash. */
    private void setItems(List<Object> pairs) {
        if (pairs.size() % 2 != 0 || !(stack.peek() instanceof Map)) {
            throw new PickleException("it sets items of something that is not a dictionary");
        }
        @SuppressWarnings("unchecked") // only this class makes dictionaries
        Map<Object, Object> target = (Map<Object, Object>) stack.peek();
        for (int i = 0; i < pairs.size(); i += 2) {
            Object key = pairs.get(i);
            if (!(key instanceof String) && !(key instanceof Number)) {
                throw new PickleException("a dictionary's key is neither text nor a number");
            }
            target.put(key, pairs.get(i + 1));
        }
    }

    /** Refuses a length that the rest of the pickle cannot hold, before memory is taken for it. */
    private void checkLength() {
        bytes.mark(Integer.BYTES);
        byte[] length = new byte[Integer.BYTES];
        int read = bytes.readNBytes(length, 0, Integer.BYTES);
        int claimed = ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getInt();
        boolean fits = read == Integer.BYTES && claimed >= 0 && claimed <= bytes.available();
        bytes.reset();
        if (!fits) {
            throw new PickleException("it ends inside a text");
        }
    }

    private static long wholeNumber(Object value) {
        if ((value instanceof Integer || value instanceof Long) && ((Number) value).longValue() >= 0) {
            return ((Number) value).longValue();
        }
        throw new PickleException("expected a whole number from 0 up");
    }

    private static long[] wholeNumbers(Object[] values) {
        if (values.length > MAX_DIMENSIONS) {
            throw new PickleException(
                    "a tensor has %d dimensions, expected at most %d".formatted(values.length, MAX_DIMENSIONS));
        }
        return Arrays.stream(values).mapToLong(TorchUnpickler::wholeNumber).toArray();
    }
}
