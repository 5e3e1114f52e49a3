package mixgrpo.tools.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.engine.Port;

/** Keeps what goes into an engine and what comes out, call by call, in a list that several may share. */
public record RecordingEngine(Engine engine, List<Call> calls) implements Engine {

    /** @param rows of the first input */
    public record Call(long rows, Map<String, float[]> inputs, Map<String, float[]> outputs) {}

    /** Rows of all calls. */
    public long rows() {
        return calls.stream().mapToLong(Call::rows).sum();
    }

    @Override
    public List<Port> inputs() {
        return engine.inputs();
    }

    @Override
    public List<Port> outputs() {
        return engine.outputs();
    }

    @Override
    public EngineRun bind(Map<String, long[]> shapes) {
        EngineRun run = engine.bind(shapes);
        long rows = shapes.get(inputs().get(0).name())[0];
        Map<String, float[]> last = new LinkedHashMap<>();
        return new EngineRun() {
            @Override
            public void set(String input, float[] values) {
                last.put(input, values.clone());
                run.set(input, values);
            }

            @Override
            public void run() {
                run.run();
                Map<String, float[]> outputs = new LinkedHashMap<>();
                outputs().forEach(port -> outputs.put(port.name(), run.get(port.name())));
                calls.add(new Call(rows, new LinkedHashMap<>(last), outputs));
            }

            @Override
            public long[] shape(String output) {
                return run.shape(output);
            }

            @Override
            public void get(String output, float[] target) {
                run.get(output, target);
            }

            @Override
            public void close() {
                run.close();
            }
        };
    }

    public static RecordingEngine of(Engine engine) {
        return new RecordingEngine(engine, new ArrayList<>());
    }

    @Override
    public void update(Weights weights) {
        engine.update(weights);
    }

    @Override
    public void close() {
        engine.close();
    }
}
