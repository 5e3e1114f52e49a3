package mixgrpo.tools.sample;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.MergedWeights;
import mixgrpo.models.weights.OverlaidWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.tools.model.AdapterFile;
import mixgrpo.tools.model.EngineMemory;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.TunedTransformer;

/**
 * What was made of a model by training: weights of its transformer, or adapters beside the base's own. Closed by whoever opens it,
 * before the base.
 *
 * @param words which weights these are
 * @param weights all that an engine takes, adapters of scale 1
 * @param readWhole whether all that it brings to the base was read when it was opened, and are numbers
 * @param source of the weights, which is open meanwhile
 */
record TunedModel(String words, Weights weights, boolean readWhole, AutoCloseable source) implements AutoCloseable {

    TunedModel called(String other) {
        return new TunedModel(other, weights, readWhole, source);
    }

    /** Whether one engine gives the base's velocities too. */
    boolean unmerged() {
        return weights.shapes().keySet().stream().anyMatch(Lora::isAdapter);
    }

    /** Bytes of its adapters in float32. */
    long adapterBytes() {
        Map<String, long[]> shapes = new LinkedHashMap<>(weights.shapes());
        shapes.keySet().removeIf(key -> !Lora.isAdapter(key));
        return EngineMemory.bytes(shapes);
    }

    /**
     * A transformer's folder, a model's or run's that holds one, or a file of one.
     *
     * @param variant which of several weights, if it is a folder with such
     * @throws IllegalArgumentException if there is none, or it is of another model
     */
    static TunedModel of(ImageModel base, Path path, String variant, String words) throws IOException {
        TunedTransformer tuned = TunedTransformer.open(base.architecture(), path, variant);
        return new TunedModel(words, tuned.weights(), false, tuned);
    }

    /**
     * Adapters from files, all together.
     *
     * @param merge whether they are folded into a second set of weights, in float32
     * @throws IllegalArgumentException if one was made for another model
     */
    static TunedModel ofFiles(ImageModel base, List<AdapterFile> adapters, boolean merge) throws IOException {
        String names = AdapterFile.words(adapters);
        Lora lora = AdapterFile.combined(adapters, base.weights().shapes());
        return merge
                ? new TunedModel(names + ", merged", MergedWeights.of(base.weights(), lora, names), true, () -> {})
                : new TunedModel(names, new OverlaidWeights(base.weights(), lora.parameters(1)), true, () -> {});
    }

    @Override
    public void close() {
        try {
            source.close();
        } catch (Exception e) {
            throw new IllegalStateException("the files of '%s' do not close: %s".formatted(words, e.getMessage()), e);
        }
    }
}
