package mixgrpo.models;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Walks a network without weights or values and lists its parameters. */
public final class Inventory {

    /** Computes nothing: every operation gives the same placeholder. */
    private static final Tensor PLACEHOLDER = (Tensor)
            Proxy.newProxyInstance(Tensor.class.getClassLoader(), new Class<?>[] {Tensor.class}, (InvocationHandler)
                    (self, method, arguments) -> switch (method.getName()) {
                        case "chunk" -> Collections.nCopies((int) arguments[0], (Tensor) self);
                        case "toString" -> "placeholder";
                        case "hashCode" -> System.identityHashCode(self);
                        case "equals" -> self == arguments[0];
                        default -> self;
                    });

    private Inventory() {}

    /**
     * Shape of every parameter by its full key, in the order of use.
     *
     * @throws IllegalStateException if two stages own the same key
     */
    public static Map<String, long[]> parameters(Network network) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        Carry carry = new Carry(Map.of());
        for (Network.Input input : network.inputs()) {
            carry = carry.with(input.name(), PLACEHOLDER);
        }
        for (NamedStage stage : network.stages()) {
            Map<String, long[]> own = new LinkedHashMap<>();
            carry = stage.stage().apply(new Recorder(stage, own), carry);
            own.forEach((key, shape) -> {
                if (shapes.put(key, shape) != null) {
                    throw new IllegalStateException(
                            "parameter '%s' belongs to two stages of '%s'".formatted(key, network.name()));
                }
            });
        }
        return shapes;
    }

    /** Shape of everything that a checkpoint of the network holds: {@link #parameters} and {@link Network#tables}. */
    public static Map<String, long[]> checkpoint(Network network) {
        Map<String, long[]> shapes = parameters(network);
        shapes.putAll(network.tables());
        return shapes;
    }

    private record Recorder(NamedStage stage, Map<String, long[]> shapes) implements Scope {
        @Override
        public Tensor param(String name, long... shape) {
            long[] known = shapes.putIfAbsent(stage.key(name), shape);
            if (known != null && !Arrays.equals(known, shape)) {
                throw new IllegalStateException("parameter '%s' is used as %s and as %s"
                        .formatted(stage.key(name), Arrays.toString(known), Arrays.toString(shape)));
            }
            return PLACEHOLDER;
        }

        @Override
        public Tensor linear(String name, Tensor x, int in, int out) {
            linearWithoutBias(name, x, in, out);
            return param(name + ".bias", out);
        }

        @Override
        public Tensor linearWithoutBias(String name, Tensor x, int in, int out) {
            return param(name + ".weight", out, in);
        }

        @Override
        public Tensor conv2d(String name, Tensor x, int in, int out, int kernel, int stride, int padding) {
            param(name + ".weight", out, in, kernel, kernel);
            return param(name + ".bias", out);
        }

        @Override
        public Tensor embedding(String name, Tensor ids, int rows, int dim) {
            return param(name + ".weight", rows, dim);
        }

        @Override
        public Tensor tap(String name, Tensor value) {
            return value;
        }
    }
}
