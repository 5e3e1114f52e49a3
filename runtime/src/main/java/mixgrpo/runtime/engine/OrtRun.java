package mixgrpo.runtime.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.runtime.lifetime.OpenResources;

/**
 * A run over arrays that the session reads and writes in place. An output whose shape does not follow from the inputs' symbols
 * is taken from ONNX Runtime at the first pass, which tells its shape, and written in place from then on.
 */
final class OrtRun implements EngineRun {

    private final OrtEngine engine;
    private final RunArrays<OrtArray> arrays;
    private final OpenResources open = new OpenResources();
    private final Map<String, OnnxTensor> inputTensors = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> outputTensors = new LinkedHashMap<>();
    private final Map<String, Port> unknownOutputs = new LinkedHashMap<>();

    OrtRun(OrtEngine engine, Map<String, long[]> shapes) throws OrtException {
        this.engine = engine;
        arrays = new RunArrays<>(engine.name());
        Map<String, Long> extents = new LinkedHashMap<>();
        for (Port port : engine.inputs()) {
            port.match(shapes.get(port.name()), extents);
        }
        try {
            for (Port port : engine.inputs()) {
                OrtArray array = open.add(new OrtArray(port, shapes.get(port.name())));
                arrays.addInput(port.name(), array);
                inputTensors.put(port.name(), array.tensor());
            }
            inputTensors.putAll(engine.fedTensors());
            for (Port port : engine.outputs()) {
                long[] shape = port.shape(extents);
                if (shape == null) {
                    unknownOutputs.put(port.name(), port);
                } else {
                    addOutput(port, shape);
                }
            }
        } catch (OrtException | RuntimeException | Error e) {
            open.closeAfter(e);
            throw e;
        }
    }

    private OrtArray addOutput(Port port, long[] shape) throws OrtException {
        OrtArray array = open.add(new OrtArray(port, shape));
        arrays.addOutput(port.name(), array);
        outputTensors.put(port.name(), array.tensor());
        return array;
    }

    @Override
    public void set(String input, float[] values) {
        arrays.set(input, array -> array.set(values));
    }

    @Override
    public void run() {
        arrays.checkBeforeRun();
        engine.withSession("run", session -> {
            try (OrtSession.Result result = session.run(inputTensors, unknownOutputs.keySet(), outputTensors)) {
                for (Port port : unknownOutputs.values()) {
                    OnnxTensor value = (OnnxTensor) result.get(port.name()).orElseThrow();
                    addOutput(port, value.getInfo().getShape()).set(value);
                }
                unknownOutputs.clear();
            }
        });
        arrays.completed();
    }

    @Override
    public long[] shape(String output) {
        checkKnown(output);
        return arrays.output(output).shape();
    }

    @Override
    public void get(String output, float[] target) {
        checkKnown(output);
        arrays.completeOutput(output).get(target);
    }

    private void checkKnown(String output) {
        if (unknownOutputs.containsKey(output)) {
            throw new IllegalStateException("engine '%s': the shape of output '%s' %s is known after the first run"
                    .formatted(engine.name(), output, unknownOutputs.get(output).axes()));
        }
    }

    @Override
    public void close() {
        arrays.close();
        open.close();
    }
}
