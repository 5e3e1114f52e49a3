package mixgrpo.tools.export;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mixgrpo.exporter.onnx.OnnxExport;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.exporter.verify.Candidate;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.weights.Weights;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.config.SyncConfig;
import org.junit.jupiter.api.Test;

class VerifierTest {

    private static final Path FLUX = GoldenReport.folder("models", "flux");

    private static VerifyPlan plan(ModelPart part) {
        return new VerifyPlan(
                new ModelSelection(FLUX.toString(), "", List.of(part)),
                EngineKind.ORT_CPU,
                Precision.FP32,
                Optional.empty(),
                SyncConfig.Mode.SESSION,
                Optional.empty(),
                new ProbeSizes(2, 16, 8, 1),
                true);
    }

    /** A real network whose engine has one bias too large by a hundredth. */
    @Test
    void brokenEngineFailsAndTheReportSaysWhere() throws IOException {
        VerifyPlan plan = plan(ModelPart.TRANSFORMER);
        Candidate broken = (name, network, weights, taps) -> {
            var options = EngineKind.ORT_CPU.options();
            return EngineKind.ORT_CPU.load(
                    name,
                    OnnxExport.of(network, taps ? options.withTaps() : options),
                    wrong(weights),
                    SyncConfig.Mode.SESSION);
        };
        VerifyReport report = new Verifier(plan, broken).run(name -> {});
        assertFalse(report.passed());
        String table = report.table();
        assertTrue(table.contains("transformer, as exported: 'velocity'"), table);
        assertTrue(table.endsWith("FAILED\n"), table);
        assertTrue(new Verifier(plan).run(name -> {}).passed());
    }

    private static Weights wrong(Weights weights) {
        return new Weights() {
            @Override
            public Map<String, long[]> shapes() {
                return weights.shapes();
            }

            @Override
            public void read(String key, FloatBuffer target) {
                float[] values = weights.floats(key);
                if (key.equals("proj_out.bias")) {
                    values[0] += .01f;
                }
                target.put(values);
            }
        };
    }
}
