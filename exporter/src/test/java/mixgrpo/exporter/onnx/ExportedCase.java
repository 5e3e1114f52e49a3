package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.goldens.ClipCase;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.T5Case;
import mixgrpo.models.goldens.TransformerCase;
import mixgrpo.models.goldens.VaeCase;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.models.text.T5Encoder;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;

/**
 * A network of the fixtures with the same values going in as ours and as diffusers', and what the reference made of them.
 *
 * @param inputs of the network
 * @param outside inputs of its signature of diffusers
 * @param expected the reference's outputs under the names of that signature
 * @param tolerances of the expected outputs
 */
record ExportedCase(
        String name,
        Network network,
        Weights weights,
        Signature signature,
        Map<String, Array> inputs,
        Map<String, Array> outside,
        Map<String, Array> expected,
        Map<String, Double> tolerances) {

    /** Something done with every network; the files behind it are open meanwhile. */
    interface Each {
        void accept(ExportedCase golden) throws IOException;
    }

    static void forEach(Each each) throws IOException {
        try (TransformerCase golden = TransformerCase.open()) {
            FluxConfig config = FluxConfig.of(golden.component().config());
            List<String> names = new ArrayList<>(List.of(
                    "hidden_states", "encoder_hidden_states", "pooled_projections", "timestep", "img_ids", "txt_ids"));
            if (config.guidanceEmbeds()) {
                names.add("guidance");
            }
            each.accept(transformer("flux", golden, Signature.flux(config), names));
        }
        for (Path folder : TransformerCase.sd3Folders()) {
            try (TransformerCase golden = TransformerCase.openSd3(folder)) {
                Signature signature =
                        Signature.sd3(Sd3Config.of(golden.component().config()));
                List<String> names =
                        List.of("hidden_states", "encoder_hidden_states", "pooled_projections", "timestep");
                each.accept(transformer(folder.getFileName().toString(), golden, signature, names));
            }
        }
        try (VaeCase golden = VaeCase.open()) {
            Map<String, Double> all = GoldenReport.tolerances(golden.values().path());
            each.accept(new ExportedCase(
                    "vae decoder",
                    AutoencoderKl.decoder(golden.config()),
                    golden.weights(),
                    Signature.vaeDecoder(),
                    golden.latents(),
                    Map.of("latent_sample", golden.latents().get("latents")),
                    Map.of("sample", array(golden.values(), "decoded")),
                    Map.of("sample", all.get("decoded"))));
            each.accept(new ExportedCase(
                    "vae encoder",
                    AutoencoderKl.encoder(golden.config()),
                    golden.weights(),
                    Signature.vaeEncoder(),
                    golden.image(),
                    Map.of("sample", golden.image().get("image")),
                    Map.of("latent_parameters", array(golden.values(), "moments")),
                    Map.of("latent_parameters", all.get("moments"))));
        }
        try (ClipCase golden = ClipCase.open()) {
            Map<String, Double> all = GoldenReport.tolerances(golden.values().path());
            each.accept(new ExportedCase(
                    "clip",
                    golden.network(),
                    golden.weights(),
                    Signature.clip(golden.config()),
                    golden.inputs(),
                    Map.of("input_ids", golden.inputs().get("input_ids")),
                    Map.of(
                            "last_hidden_state", array(golden.values(), "last_hidden_state"),
                            "pooler_output", array(golden.values(), "pooled")),
                    Map.of("last_hidden_state", all.get("last_hidden_state"), "pooler_output", all.get("pooled"))));
        }
        try (T5Case golden = T5Case.open()) {
            Map<String, Array> inputs =
                    T5Encoder.inputs(golden.config(), GoldenReport.ids(golden.values(), "input_ids"));
            each.accept(new ExportedCase(
                    "t5",
                    golden.network(),
                    golden.weights(),
                    Signature.t5(golden.config()),
                    inputs,
                    Map.of("input_ids", inputs.get("input_ids")),
                    Map.of("last_hidden_state", array(golden.values(), "last_hidden_state")),
                    Map.of(
                            "last_hidden_state",
                            GoldenReport.tolerances(golden.values().path()).get("last_hidden_state"))));
        }
    }

    private static ExportedCase transformer(
            String name, TransformerCase golden, Signature signature, List<String> names) throws IOException {
        Map<String, Array> outside = new LinkedHashMap<>();
        names.forEach(of -> outside.put(of, array(golden.values(), of)));
        return new ExportedCase(
                name,
                golden.network(),
                golden.weights(),
                signature,
                golden.inputs(),
                outside,
                Map.of("out_hidden_states", array(golden.values(), "output")),
                Map.of(
                        "out_hidden_states",
                        GoldenReport.tolerances(golden.values().path()).get("output")));
    }

    private static Array array(WeightsFile values, String name) {
        return new Array(values.shapes().get(name), values.floats(name));
    }

    /** The network's outputs by a graph of these options. */
    Map<String, Array> run(OnnxOptions options) {
        return OnnxRunner.run(OnnxExport.of(network, options).withWeights(weights), inputs);
    }

    /** Root of the mean square of the difference, over that of the expected values. */
    static double error(Array expected, Array actual) {
        double difference = 0;
        double all = 0;
        for (int i = 0; i < expected.values().length; i++) {
            difference += Math.pow((double) expected.values()[i] - actual.values()[i], 2);
            all += Math.pow(expected.values()[i], 2);
        }
        return Arrays.equals(expected.shape(), actual.shape()) ? Math.sqrt(difference / all) : Double.NaN;
    }
}
