package mixgrpo.tools;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What happens at Ctrl-C and SIGTERM. The JVM would run its shutdown hooks, and ONNX Runtime's takes the threads away from a network
 * that is running, which crashes the process; so nothing that may run a network leaves the signals to the JVM. Java's only door to them
 * is {@code sun.misc.Signal}, of which compilers warn; hence by name.
 */
final class Signals implements AutoCloseable {

    private static final List<String> NAMES = List.of("INT", "TERM");

    private final Map<String, Object> previous = new LinkedHashMap<>();

    private Signals(Runnable action) {
        for (String name : NAMES) {
            try {
                previous.put(name, install(name, handler(action)));
            } catch (InvocationTargetException e) {
                if (!(e.getCause() instanceof IllegalArgumentException)) {
                    throw new IllegalStateException("signal " + name, e);
                }
                // The JVM was told (-Xrs) to leave this signal to the system.
            }
        }
    }

    /** Runs {@code action} at every signal, on a thread of its own, until this is closed. */
    static Signals handle(Runnable action) {
        return new Signals(action);
    }

    private static Object handler(Runnable action) {
        try {
            Class<?> type = Class.forName("sun.misc.SignalHandler");
            return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                if (method.getName().equals("handle")) {
                    action.run();
                }
                return switch (method.getName()) {
                    case "hashCode" -> System.identityHashCode(self);
                    case "equals" -> self == arguments[0];
                    case "toString" -> "handler of " + NAMES;
                    default -> null;
                };
            });
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("this Java has no module jdk.unsupported", e);
        }
    }

    /** Sets a signal's handler and gives the one before. */
    private static Object install(String name, Object handler) throws InvocationTargetException {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Method handle = signal.getMethod("handle", signal, Class.forName("sun.misc.SignalHandler"));
            return handle.invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
        } catch (InvocationTargetException e) {
            throw e;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this Java has no module jdk.unsupported", e);
        }
    }

    /** From now on signals do what they did before. */
    @Override
    public void close() {
        previous.forEach((name, handler) -> {
            try {
                install(name, handler);
            } catch (InvocationTargetException e) {
                throw new IllegalStateException("signal " + name, e);
            }
        });
    }
}
