package mixgrpo.runtime.engine;

import mixgrpo.models.Array;

/**
 * An engine bound to fixed shapes, with arrays for every input and output where the engine computes (host or device). An input
 * keeps its values until it is set again, so what does not change between steps is set, and sent, once. Used by one thread at a
 * time.
 */
public interface EngineRun extends AutoCloseable {

    /**
     * Copies row-major {@code values} into an input.
     *
     * @throws IllegalArgumentException if there is no such input, the number of values is not its shape's, or an input of ids
     *     gets a value that is not whole
     */
    void set(String input, float[] values);

    /**
     * One pass; returns when the outputs are complete.
     *
     * @throws IllegalStateException if an input was never set, or the engine is closed or fails
     */
    void run();

    /**
     * The shape of an output, in a new array.
     *
     * @throws IllegalArgumentException if there is no such output
     * @throws IllegalStateException if the shape does not follow from the inputs' and nothing has run yet
     */
    long[] shape(String output);

    /**
     * Copies an output of the last {@link #run()} into {@code target}, row-major.
     *
     * @throws IllegalArgumentException if there is no such output or {@code target} has another number of elements
     * @throws IllegalStateException if nothing has run yet
     */
    void get(String output, float[] target);

    /** An output of the last {@link #run()} in a new array of the caller; see {@link #get(String, float[])}. */
    default float[] get(String output) {
        float[] values = new float[Math.toIntExact(Array.elements(shape(output)))];
        get(output, values);
        return values;
    }

    /** Frees the arrays of this run; the engine stays. */
    @Override
    void close();
}
