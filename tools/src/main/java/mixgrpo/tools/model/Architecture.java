package mixgrpo.tools.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import mixgrpo.exporter.onnx.Signature;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.flux.BflFile;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.models.weights.PipelineFamily;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.runtime.rollout.TransformerInputs;

/** A transformer with its sizes, what its {@code config.json} says, and how a picture and a prompt become its inputs. */
public interface Architecture {

    /**
     * The one that a transformer's {@code config.json} describes, by the class that it names.
     *
     * @throws IllegalArgumentException if it is of a class that is not supported, or a field is missing or not supported
     */
    static Architecture of(JsonNode config) {
        String name = config.path("_class_name").asText(FluxArchitecture.CLASS);
        return switch (name) {
            case FluxArchitecture.CLASS -> new FluxArchitecture(FluxConfig.of(config));
            case Sd3Architecture.CLASS -> new Sd3Architecture(Sd3Config.of(config));
            default ->
                throw new IllegalArgumentException(
                        "_class_name of the transformer's config.json: expected %s or %s, got %s"
                                .formatted(FluxArchitecture.CLASS, Sd3Architecture.CLASS, name));
        };
    }

    /** The pipelines that it belongs to. */
    PipelineFamily family();

    /** Its class in diffusers. */
    String className();

    /** What {@link #of} reads. */
    ObjectNode json();

    /** How its pipeline asks its scheduler for noise levels. */
    default SchedulerConfig.Levels levels() {
        return SchedulerConfig.Levels.EVEN;
    }

    /** Scale of classifier-free guidance that its pipeline uses, with an empty negative prompt, where nobody says one; 1 is none. */
    default double trueCfg() {
        return 1;
    }

    /** Fields of a {@code config.json} that nothing here knows. */
    List<String> unknownFields(JsonNode config);

    /** Its definition. */
    Network network();

    /** How diffusers calls it. */
    Signature signature();

    /**
     * What other parts need to know of it.
     *
     * @param width channels of a token inside
     * @param heads attention heads of a block
     * @param blocks that keep activations for a backward pass
     * @param patch places along a side of the latents that are one token
     * @param textChannels channels of a token of the prompt
     * @param pooledChannels channels of the pooled prompt
     * @param textLength at how many tokens prompts are cut where nobody says it, with the encoders of the model's own folder
     * @param takesGuidance whether a guidance scale is an input: the strength that the model was distilled for
     */
    record Sizes(
            int width,
            int heads,
            int blocks,
            int patch,
            int textChannels,
            int pooledChannels,
            int textLength,
            boolean takesGuidance) {}

    Sizes sizes();

    default int width() {
        return sizes().width();
    }

    default int heads() {
        return sizes().heads();
    }

    default int blocks() {
        return sizes().blocks();
    }

    default int patch() {
        return sizes().patch();
    }

    default int textChannels() {
        return sizes().textChannels();
    }

    default int pooledChannels() {
        return sizes().pooledChannels();
    }

    default int textLength() {
        return sizes().textLength();
    }

    default boolean takesGuidance() {
        return sizes().takesGuidance();
    }

    /**
     * Channels at a place of the network's input.
     *
     * @param in what it takes, {@code in_channels}
     * @param out what it predicts, {@code out_channels}
     * @param latents what latents have there
     */
    record Channels(int in, int out, int latents) {}

    /** @param latentChannels of the autoencoder's latents */
    Channels channels(int latentChannels);

    /**
     * Refuses an autoencoder whose latents are not all that the network takes and predicts.
     *
     * @param source of the transformer, for messages
     * @throws IllegalArgumentException if there are more channels: a picture beside the prompt, as FLUX.1 Fill takes it; or fewer
     */
    default void checkLatents(int latentChannels, String source) {
        Channels channels = channels(latentChannels);
        if (channels.in() != channels.latents() || channels.out() != channels.latents()) {
            throw new IllegalArgumentException(
                    "%s: expected in_channels and out_channels %d in config.json, for the autoencoder's latents of %d channels, got %d and %d; %s"
                            .formatted(
                                    source,
                                    channels.latents(),
                                    latentChannels,
                                    channels.in(),
                                    channels.out(),
                                    channels.out() == channels.latents()
                                            ? "models that are given a picture beside the prompt (fill, control) are not supported"
                                            : "are vae and transformer of one model?"));
        }
    }

    /**
     * How latents of this size become inputs.
     *
     * @param textLength token positions of every prompt
     * @param guidance without effect where {@link #takesGuidance} is false
     * @param checkpoint the network's, for constants that inputs are made of
     * @throws IllegalArgumentException if the network takes other latents
     */
    TransformerInputs inputs(LatentPacking packing, int textLength, double guidance, Weights checkpoint);

    /** Shape of every parameter by its key. */
    default Map<String, long[]> parameters() {
        return Inventory.parameters(network());
    }

    /**
     * The weights in a file under the keys of {@link #parameters}: a view of it where it has the keys of Black Forest Labs. They are not
     * checked; see {@link #check}.
     *
     * @throws IllegalArgumentException if it has those keys and is of another network
     */
    default Weights weights(WeightsFile file) {
        if (BflFile.matches(file)) {
            throw new IllegalArgumentException(
                    "%s: expected weights of a %s, got a FLUX.1 transformer in one file; is it for another model?"
                            .formatted(file.path(), className()));
        }
        return file;
    }

    /**
     * Refuses weights that are not of this network.
     *
     * @param source of the weights, for messages
     * @throws IllegalArgumentException with all keys that are missing, unexpected or misshapen
     */
    default void check(Weights weights, String source) {
        WeightsCheck.same(Inventory.checkpoint(network()), weights, source);
    }
}
