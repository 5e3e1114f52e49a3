package mixgrpo.runtime.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * A run over arrays that the session reads and writes in place. An output whose shape does not follow from the inputs' symbols
 * is taken from ONNX Runtime at the first pass, which tells its shape, and written in place from then on.
 */
final class OrtRun implements EngineRun {

    private final OrtEngine engine;
    private final Map<String, OrtArray> inputs = new LinkedHashMap<>();
    private final Map<String, OrtArray> outputs = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> inputTensors = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> outputTensors = new LinkedHashMap<>();
    private final Map<String, Port> unknownOutputs = new LinkedHashMap<>();
    private final Set<String> unsetInputs;
    private boolean complete;
    private boolean closed;

    OrtRun(OrtEngine engine, Map<String, long[]> shapes) throws OrtException {
        this.engine = engine;
        Map<String, Long> extents = new LinkedHashMap<>();
        for (Port port : engine.inputs()) {
            port.match(shapes.get(port.name()), extents);
        }
        for (Port port : engine.inputs()) {
            OrtArray array = new OrtArray(port, shapes.get(port.name()));
            inputs.put(port.name(), array);
            inputTensors.put(port.name(), array.tensor());
        }
        inputTensors.putAll(engine.fedTensors());
        unsetInputs = new LinkedHashSet<>(inputs.keySet());
        for (Port port : engine.outputs()) {
            long[] shape = port.shape(extents);
            if (shape == null) {
                unknownOutputs.put(port.name(), port);
            } else {
                addOutput(port, shape);
            }
        }
    }

    private OrtArray addOutput(Port port, long[] shape) throws OrtException {
        OrtArray array = new OrtArray(port, shape);
        outputs.put(port.name(), array);
        outputTensors.put(port.name(), array.tensor());
        return array;
    }

    @Override
    public void set(String input, float[] values) {
        input(input).set(values);
        unsetInputs.remove(input);
    }

    @Override
    public void feed(EngineRun source, String output, String input) {
        if (source instanceof OrtRun run) {
            input(input).set(run.completeOutput(output));
            unsetInputs.remove(input);
        } else {
            set(input, source.get(output));
        }
    }

    @Override
    public void run() {
        if (closed) {
            throw new IllegalStateException("engine '%s': this run is closed".formatted(engine.name()));
        }
        if (!unsetInputs.isEmpty()) {
            throw new IllegalStateException(
                    "engine '%s': inputs %s were never set".formatted(engine.name(), unsetInputs));
        }
        engine.withSession("run", session -> {
            try (OrtSession.Result result = session.run(inputTensors, unknownOutputs.keySet(), outputTensors)) {
                for (Port port : unknownOutputs.values()) {
                    OnnxTensor value = (OnnxTensor) result.get(port.name()).orElseThrow();
                    addOutput(port, value.getInfo().getShape()).set(value);
                }
                unknownOutputs.clear();
            }
        });
        complete = true;
    }

    @Override
    public long[] shape(String output) {
        return output(output).shape();
    }

    @Override
    public void get(String output, float[] target) {
        completeOutput(output).get(target);
    }

    private OrtArray input(String name) {
        OrtArray array = inputs.get(name);
        if (array == null) {
            throw new IllegalArgumentException(
                    "engine '%s' has no input '%s'; inputs: %s".formatted(engine.name(), name, inputs.keySet()));
        }
        return array;
    }

    private OrtArray output(String name) {
        if (unknownOutputs.containsKey(name)) {
            throw new IllegalStateException("engine '%s': the shape of output '%s' %s is known after the first run"
                    .formatted(engine.name(), name, unknownOutputs.get(name).axes()));
        }
        OrtArray array = outputs.get(name);
        if (array == null) {
            throw new IllegalArgumentException(
                    "engine '%s' has no output '%s'; outputs: %s".formatted(engine.name(), name, outputs.keySet()));
        }
        return array;
    }

    private OrtArray completeOutput(String name) {
        OrtArray array = output(name);
        if (!complete) {
            throw new IllegalStateException(
                    "engine '%s': output '%s' is read before the first run".formatted(engine.name(), name));
        }
        return array;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        inputs.values().forEach(OrtArray::close);
        outputs.values().forEach(OrtArray::close);
    }
}
