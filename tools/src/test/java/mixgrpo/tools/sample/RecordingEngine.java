package mixgrpo.tools.sample;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.engine.Port;

/** Keeps what goes into an engine and what comes out, call by call, in a list that several may share. */
record RecordingEngine(Engine engine, List<Call> calls) implements Engine {

    record Call(Map<String, float[]> inputs, Map<String, float[]> outputs) {}

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
        Map<String, float[]> last = new LinkedHashMap<>();
        return new EngineRun() {
            @Override
            public void set(String input, float[] values) {
                last.put(input, values.clone());
                run.set(input, values);
            }

            @Override
            public void feed(EngineRun source, String output, String input) {
                run.feed(source, output, input);
            }

            @Override
            public void run() {
                run.run();
                Map<String, float[]> outputs = new LinkedHashMap<>();
                outputs().forEach(port -> outputs.put(port.name(), run.get(port.name())));
                calls.add(new Call(new LinkedHashMap<>(last), outputs));
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

    static RecordingEngine of(Engine engine) {
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
