package mixgrpo.exporter.onnx;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import mixgrpo.models.Network;
import mixgrpo.models.Tensor;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.RotaryTables;

/**
 * FLUX as diffusers calls it: sinusoids of timestep and guidance, and rotary tables of the tokens' positions, become part of the graph.
 * The reference computes the tables in float64, which engines do not: a period's reciprocal is split into two float32, the first so short that
 * its product with a whole position is exact, and the two angles are added by the addition theorems.
 */
final class FluxSignature extends Signature {

    /** Bits of a float32 that a frequency's first part leaves out, so that it has 12 and times a position below 4096 24. */
    private static final int DROPPED_BITS = 0xFFF;

    private static final double THOUSANDTHS = 1000;

    private final FluxConfig config;

    FluxSignature(FluxConfig config) {
        this.config = config;
    }

    @Override
    Map<String, Tensor> inputs(OnnxScope scope, Network network) {
        Map<String, Tensor> values =
                kept(scope, network, "hidden_states", "encoder_hidden_states", "pooled_projections");
        Arithmetic arithmetic = new Arithmetic(scope);
        String axes = "" + config.axesDimsRope().size();
        OnnxTensor timestep = input(scope, "timestep", Network.Input.floats("", "batch"));
        OnnxTensor image = input(scope, "img_ids", Network.Input.floats("", "image_tokens", axes));
        OnnxTensor text = input(scope, "txt_ids", Network.Input.floats("", "text_tokens", axes));
        values.put("timestep_proj", as(network, "timestep_proj", arithmetic.sinusoid(timestep, THOUSANDTHS)));
        if (config.guidanceEmbeds()) {
            OnnxTensor guidance = input(scope, "guidance", Network.Input.floats("", "batch"));
            values.put("guidance_proj", as(network, "guidance_proj", arithmetic.sinusoid(guidance, THOUSANDTHS)));
        }
        addRotary(arithmetic, network, text.concat(0, image), values);
        return values;
    }

    /** @param positions {@code [L + N, axes]} */
    private void addRotary(Arithmetic nodes, Network network, OnnxTensor positions, Map<String, Tensor> values) {
        double[] periods = RotaryTables.periods(config.axesDimsRope());
        float[] coarse = new float[periods.length];
        float[] fine = new float[periods.length];
        for (int i = 0; i < periods.length; i++) {
            double frequency = 1 / periods[i];
            coarse[i] = Float.intBitsToFloat(Float.floatToRawIntBits((float) frequency) & ~DROPPED_BITS);
            fine[i] = (float) (frequency - coarse[i]);
        }
        List<Integer> axes = config.axesDimsRope();
        long[] axisOfPair = IntStream.range(0, axes.size())
                .flatMap(axis -> IntStream.generate(() -> axis).limit(axes.get(axis) / 2))
                .asLongStream()
                .toArray();
        OnnxTensor position = nodes.columns(positions, "rotary.axes", axisOfPair);
        OnnxTensor first = angles(nodes, position, "rotary.frequencies", coarse);
        OnnxTensor second = angles(nodes, position, "rotary.frequencies.rest", fine);
        OnnxTensor cosFirst = nodes.map("Cos", first);
        OnnxTensor sinFirst = nodes.map("Sin", first);
        OnnxTensor cosSecond = nodes.map("Cos", second);
        OnnxTensor sinSecond = nodes.map("Sin", second);
        OnnxTensor cos = cosFirst.times(cosSecond).minus(sinFirst.times(sinSecond));
        OnnxTensor sin = sinFirst.times(cosSecond).plus(cosFirst.times(sinSecond));
        long[] twice =
                IntStream.range(0, 2 * periods.length).mapToLong(i -> i / 2).toArray();
        values.put("rotary_cos", as(network, "rotary_cos", nodes.columns(cos, "rotary.twice", twice)));
        values.put("rotary_sin", as(network, "rotary_sin", nodes.columns(sin, "rotary.twice", twice)));
    }

    private static OnnxTensor angles(Arithmetic nodes, OnnxTensor position, String called, float[] frequencies) {
        return nodes.floats(
                "Mul", position.shape(), List.of(position.name(), nodes.graph().table(called, frequencies)));
    }

    @Override
    String called(Network network, String output) {
        return "out_hidden_states";
    }
}
