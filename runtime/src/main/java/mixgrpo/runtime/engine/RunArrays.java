package mixgrpo.runtime.engine;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The arrays of a bound run by name, and what may be done with them when: a pass needs all inputs, outputs are there after one, and nothing runs that is
 * closed.
 *
 * @param <A> an array, wherever it is
 */
public final class RunArrays<A> {

    private final String engine;
    private final Map<String, A> inputs = new LinkedHashMap<>();
    private final Map<String, A> outputs = new LinkedHashMap<>();
    private final Set<String> unset = new LinkedHashSet<>();
    private boolean complete;
    private boolean closed;

    /** @param engine its name, for messages */
    public RunArrays(String engine) {
        this.engine = engine;
    }

    public void addInput(String name, A array) {
        inputs.put(name, array);
        unset.add(name);
    }

    public void addOutput(String name, A array) {
        outputs.put(name, array);
    }

    /**
     * Sets an input, which counts as set if that does not fail.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public void set(String input, Consumer<A> setting) {
        setting.accept(known("input", inputs, input));
        unset.remove(input);
    }

    /** @throws IllegalStateException unless every input was set and this is open */
    public void checkBeforeRun() {
        if (closed) {
            throw new IllegalStateException("engine '%s': this run is closed".formatted(engine));
        }
        if (!unset.isEmpty()) {
            throw new IllegalStateException("engine '%s': inputs %s were never set".formatted(engine, unset));
        }
    }

    /** A pass has ended: there are outputs from now on. */
    public void completed() {
        complete = true;
    }

    /**
     * An output, whether or not there was a pass.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public A output(String name) {
        return known("output", outputs, name);
    }

    /**
     * An output with values.
     *
     * @throws IllegalArgumentException if there is none of that name
     * @throws IllegalStateException if nothing has run yet
     */
    public A completeOutput(String name) {
        A array = output(name);
        if (!complete) {
            throw new IllegalStateException(
                    "engine '%s': output '%s' is read before the first run".formatted(engine, name));
        }
        return array;
    }

    private A known(String what, Map<String, A> arrays, String name) {
        A array = arrays.get(name);
        if (array == null) {
            throw new IllegalArgumentException(
                    "engine '%s' has no %s '%s'; %ss: %s".formatted(engine, what, name, what, arrays.keySet()));
        }
        return array;
    }

    /** Nothing runs any more. */
    public void close() {
        closed = true;
    }
}
