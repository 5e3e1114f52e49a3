package mixgrpo.exporter.onnx;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import mixgrpo.models.Network;
import mixgrpo.models.Tensor;
import mixgrpo.models.text.T5Config;

/** T5 as transformers calls it: of the token ids alone; the buckets of relative positions are looked up in the graph. */
final class T5Signature extends Signature {

    private final T5Config config;

    T5Signature(T5Config config) {
        this.config = config;
    }

    @Override
    Map<String, Tensor> inputs(OnnxScope scope, Network network) {
        Map<String, Tensor> values = kept(scope, network, "input_ids");
        OnnxTensor ids = (OnnxTensor) values.get("input_ids");
        Arithmetic nodes = new Arithmetic(scope);
        OnnxGraph graph = scope.graph();
        int far = config.relativeMaxDistance(); // all that is farther is in one bucket
        Shape square = new Shape(List.of(ids.shape().get(1), ids.shape().get(1)));
        OnnxTensor positions = nodes.positions(ids, 1);
        OnnxTensor offset = nodes.longs(
                "Sub",
                square,
                List.of(positions.name(), nodes.unsqueeze(positions, 1).name()));
        OnnxTensor above = nodes.longs("Max", square, List.of(offset.name(), graph.longs(-far)));
        OnnxTensor within = nodes.longs("Min", square, List.of(above.name(), graph.longs(far)));
        OnnxTensor index = nodes.longs("Add", square, List.of(within.name(), graph.longs(far)));
        long[] buckets =
                IntStream.rangeClosed(-far, far).mapToLong(config::bucket).toArray();
        OnnxTensor bucket =
                nodes.longs("Gather", square, List.of(graph.table("relative_buckets.table", buckets), index.name()));
        values.put("relative_buckets", as(network, "relative_buckets", bucket));
        return values;
    }

    @Override
    String called(Network network, String output) {
        return output;
    }
}
