package mixgrpo.exporter.onnx;

import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.contract.ForwardContract;
import mixgrpo.models.weights.Weights;
import org.junit.jupiter.api.Nested;

class OnnxContractTest {

    /** Checked by the official checker too. */
    @Nested
    class Portable implements ForwardContract {
        @Override
        public Map<String, Array> run(Network network, Map<String, Array> inputs, Weights weights) {
            OnnxOptions options = OnnxOptions.portable().withTaps();
            Checker.check(OnnxExport.of(network, options).withWeights(weights));
            return OnnxRunner.run(network, options, inputs, weights);
        }
    }

    @Nested
    class PortableWithLayerNormOp implements ForwardContract {
        @Override
        public Map<String, Array> run(Network network, Map<String, Array> inputs, Weights weights) {
            OnnxOptions options = OnnxOptions.portable().withLayerNormOp().withTaps();
            Checker.check(OnnxExport.of(network, options).withWeights(weights));
            return OnnxRunner.run(network, options, inputs, weights);
        }
    }

    @Nested
    class Ort implements ForwardContract {
        @Override
        public Map<String, Array> run(Network network, Map<String, Array> inputs, Weights weights) {
            return OnnxRunner.run(network, OnnxOptions.ort().withTaps(), inputs, weights);
        }
    }
}
