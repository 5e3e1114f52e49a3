package mixgrpo.tools.export;

import java.io.IOException;
import mixgrpo.exporter.onnx.Signature;
import mixgrpo.models.Network;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.ClipTextEncoder;
import mixgrpo.models.text.EncoderWeights;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.text.T5Encoder;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.tools.model.Architecture;

/**
 * A part of a model that is open: its definition and its weights, checked. Whoever opens it closes it.
 *
 * @param weights mapped, read when they are needed
 * @param diffusers how it is called there
 * @param open what lies behind the weights
 */
public record PartSource(ModelPart part, Network network, Weights weights, Signature diffusers, OpenResources open)
        implements AutoCloseable {

    /**
     * Opens one, by the folder's variant if it has it.
     *
     * @throws IOException if the model has no such part, or its files are missing or broken
     * @throws IllegalArgumentException if it is of a kind that is not supported, or its weights do not fit its configuration
     */
    public static PartSource open(ModelFolder model, ModelPart part) throws IOException {
        OpenResources open = new OpenResources();
        try {
            Component component = open.add(model.open(part.folder()));
            return switch (part) {
                case TRANSFORMER -> transformer(component, open);
                case VAE_DECODER, VAE_ENCODER -> autoencoder(part, component, open);
                case TEXT_ENCODER, TEXT_ENCODER_2, TEXT_ENCODER_3 ->
                    textEncoder(part, model.parts().get(part.folder()).name(), component, open);
            };
        } catch (IOException | RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    private static PartSource transformer(Component component, OpenResources open) {
        Architecture architecture = Architecture.of(component.config());
        Weights weights = architecture.weights(component.weights());
        architecture.check(weights, component.folder().toString());
        return new PartSource(ModelPart.TRANSFORMER, architecture.network(), weights, architecture.signature(), open);
    }

    private static PartSource autoencoder(ModelPart part, Component component, OpenResources open) {
        VaeConfig config = VaeConfig.of(component.config());
        Weights weights = AutoencoderKl.withCurrentKeys(component.weights());
        WeightsCheck.same(
                AutoencoderKl.checkpoint(config), weights, component.folder().toString());
        return part == ModelPart.VAE_DECODER
                ? new PartSource(part, AutoencoderKl.decoder(config), weights, Signature.vaeDecoder(), open)
                : new PartSource(part, AutoencoderKl.encoder(config), weights, Signature.vaeEncoder(), open);
    }

    private static PartSource textEncoder(ModelPart part, String className, Component component, OpenResources open) {
        String where = component.folder().toString();
        switch (className) {
            case "T5EncoderModel" -> {
                T5Config config = T5Config.of(component.config());
                Weights weights = EncoderWeights.t5(config, component.weights(), where);
                return new PartSource(part, T5Encoder.of(config), weights, Signature.t5(config), open);
            }
            case "CLIPTextModel", "CLIPTextModelWithProjection" -> {
                ClipConfig config = ClipConfig.of(component.config());
                Weights weights = EncoderWeights.clip(config, component.weights(), where);
                return new PartSource(part, ClipTextEncoder.of(config), weights, Signature.clip(config), open);
            }
            default ->
                throw new IllegalArgumentException(
                        "%s: expected a CLIPTextModel, CLIPTextModelWithProjection or T5EncoderModel (model_index.json), got %s"
                                .formatted(where, className));
        }
    }

    PartSource with(Weights other) {
        return new PartSource(part, network, other, diffusers, open);
    }

    @Override
    public void close() {
        open.close();
    }
}
