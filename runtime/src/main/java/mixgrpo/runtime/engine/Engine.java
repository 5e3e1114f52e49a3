package mixgrpo.runtime.engine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;

/**
 * A frozen network ready to run: a graph and its weights on some device. Any number of runs may be bound to one engine, and
 * different runs may be used by different threads at once.
 */
public interface Engine extends AutoCloseable {

    List<Port> inputs();

    List<Port> outputs();

    /**
     * A run for inputs of these shapes, with arrays of its own that live until it is closed. The caller closes it, before the
     * engine.
     *
     * @param shapes the shape of every input by its name
     * @throws IllegalArgumentException if an input is unknown or missing, or a shape does not fit its axes
     */
    EngineRun bind(Map<String, long[]> shapes);

    /**
     * Exchanges weights: new values under keys and in shapes of the start. An engine that keeps adapters beside the network's weights
     * also takes adapters alone, all or some, which costs next to nothing; what is not given keeps its values. When this returns,
     * every later {@link EngineRun#run()} of every bound run uses the new values; a run that is under way meanwhile ends with the
     * old ones. Nothing is exchanged when this refuses its argument. Where weights are exchanged in place, a failure may come halfway: then the
     * engine refuses to run until all of them have been exchanged.
     *
     * @throws IllegalArgumentException if keys are not the engine's, have another shape, or are a part of the network's own weights
     *     where it exchanges those only as a whole; names all of them
     * @throws IllegalStateException if the engine is closed, or a weight cannot be read or sent
     */
    void update(Weights weights);

    /** Gives the network's memory back to the system. A bound run must not be used afterwards, but may still be closed. */
    @Override
    void close();

    /** One pass over plain arrays, bound for this call only: all outputs by name, in new arrays. */
    default Map<String, Array> infer(Map<String, Array> inputs) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        inputs.forEach((name, array) -> shapes.put(name, array.shape()));
        try (EngineRun run = bind(shapes)) {
            inputs.forEach((name, array) -> run.set(name, array.values()));
            run.run();
            Map<String, Array> outputs = new LinkedHashMap<>();
            for (Port output : outputs()) {
                outputs.put(output.name(), new Array(run.shape(output.name()), run.get(output.name())));
            }
            return outputs;
        }
    }
}
