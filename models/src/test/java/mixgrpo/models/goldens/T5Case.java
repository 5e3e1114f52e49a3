package mixgrpo.models.goldens;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.text.EncoderWeights;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.text.T5Encoder;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;

/**
 * A tiny T5 encoder, token ids for it, and what the reference made of them.
 *
 * @param component configuration and weights
 * @param values {@code t5.safetensors}
 */
public record T5Case(T5Config config, Component component, WeightsFile values) implements AutoCloseable {

    private static final String MASKED = "last_hidden_state_if_masked";
    private static final String BIAS = "position_bias";

    public static T5Case open() throws IOException {
        Path folder = GoldenReport.folder("models", "flux");
        Component component = Component.open(folder.resolve("text_encoder_2"));
        return new T5Case(
                T5Config.of(component.config()),
                component,
                SafetensorsFile.open(folder.resolve("cases").resolve("t5.safetensors")));
    }

    public Network network() {
        return T5Encoder.of(config);
    }

    public Weights weights() {
        return EncoderWeights.t5(config, component.weights(), component.folder().toString());
    }

    /**
     * Compares with everything that has a tolerance. What the reference made with padding masked is compared with a run that has no
     * padding, at the positions of the text.
     *
     * @param interpreter inputs of the network to its outputs and taps
     */
    public void compare(GoldenReport report, String variant, UnaryOperator<Map<String, Array>> interpreter)
            throws IOException {
        int[][] ids = GoldenReport.ids(values, "input_ids");
        Map<String, Array> results = interpreter.apply(T5Encoder.inputs(config, ids));
        Map<String, Double> tolerances = new LinkedHashMap<>(GoldenReport.tolerances(values.path()));
        Double maskedTolerance = tolerances.remove(MASKED);
        report.compare(variant, tolerances, values, named(results, ids.length));
        if (maskedTolerance != null) {
            for (int row = 0; row < ids.length; row++) {
                compareWithoutPadding(report, variant, row, ids[row], maskedTolerance, interpreter);
            }
        }
    }

    private void compareWithoutPadding(
            GoldenReport report,
            String variant,
            int row,
            int[] padded,
            double tolerance,
            UnaryOperator<Map<String, Array>> interpreter) {
        int pad = component.config().path("pad_token_id").asInt(0);
        int[] ids = Arrays.stream(padded).takeWhile(id -> id != pad).toArray();
        assertTrue(ids.length > 0, "row " + row + " is nothing but padding");
        float[] expected = values.floats(MASKED);
        int width = config.dModel();
        int start = row * padded.length * width;
        Array actual =
                interpreter.apply(T5Encoder.inputs(config, new int[][] {ids})).get("last_hidden_state");
        report.compare(
                "%s %s[%d]".formatted(variant, MASKED, row).strip(),
                Array.of(Arrays.copyOfRange(expected, start, start + ids.length * width), 1, ids.length, width),
                actual,
                tolerance);
    }

    /** Under the reference's names; the bias stands there once a prompt. */
    private Map<String, Array> named(Map<String, Array> results, int prompts) {
        Map<String, Array> named = new LinkedHashMap<>(results);
        results.forEach((name, value) -> named.put("stage." + name, value));
        Array bias = results.get("encoder.block.0.layer.0.SelfAttention." + BIAS);
        if (bias != null) {
            int size = bias.values().length;
            float[] repeated = new float[prompts * size];
            for (int row = 0; row < prompts; row++) {
                System.arraycopy(bias.values(), 0, repeated, row * size, size);
            }
            long[] shape = bias.shape();
            named.put("stage." + BIAS, Array.of(repeated, prompts, shape[0], shape[1], shape[2]));
        }
        return named;
    }

    @Override
    public void close() {
        component.close();
        values.close();
    }
}
