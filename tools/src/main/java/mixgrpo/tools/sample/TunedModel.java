package mixgrpo.tools.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.LoraFile;
import mixgrpo.models.lora.MergedWeights;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.OverlaidWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.model.EngineMemory;
import mixgrpo.tools.model.ImageModel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was made of a model by training: weights of its transformer, or adapters beside the base's own. Closed by whoever opens it,
 * before the base.
 *
 * @param words which weights these are
 * @param weights all that an engine takes, adapters of scale 1
 * @param source of the weights, which is open meanwhile
 */
record TunedModel(String words, Weights weights, AutoCloseable source) implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(TunedModel.class);

    TunedModel called(String other) {
        return new TunedModel(other, weights, source);
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
     * A transformer that was tuned from the base's: a {@link #ofFolder folder}, or a file of its weights alone, with diffusers' keys or
     * those of Black Forest Labs.
     *
     * @param variant which of several weights, if a folder has such
     * @throws IllegalArgumentException if there is none, or it is of another model
     */
    static TunedModel of(ImageModel base, Path path, String variant) throws IOException {
        return Files.isRegularFile(path)
                ? checked(base, WeightsFile.open(path), path, path.getFileName().toString())
                : ofFolder(base, path, variant, path.toString());
    }

    private static TunedModel checked(ImageModel base, WeightsFile file, Path path, String words) {
        try {
            Weights weights = base.architecture().weights(file);
            base.architecture().check(weights, path.toString());
            return new TunedModel(words, weights, file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /**
     * A transformer's folder, or a model's or run's that holds one.
     *
     * @param variant which of several weights, if it has such; see {@link Component#open(Path, String)}
     * @throws IllegalArgumentException if there is none, or it is of another model
     */
    static TunedModel ofFolder(ImageModel base, Path folder, String variant, String words) throws IOException {
        Path inside = folder.resolve("transformer");
        Path path = Files.isRegularFile(inside.resolve("config.json")) ? inside : folder;
        if (!Files.isRegularFile(path.resolve("config.json"))) {
            throw new IllegalArgumentException(
                    "--tuned: expected a folder with a transformer (config.json and its weights), one that holds it as transformer/, or a file of its weights, got %s, %s"
                            .formatted(folder, Files.exists(folder) ? "which has neither" : "which is not there"));
        }
        return checked(base, Component.open(path, variant).weights(), path, words);
    }

    /**
     * Adapters from files, all together.
     *
     * @param merge whether they are folded into a second set of weights, in float32
     * @throws IllegalArgumentException if one was made for another model
     */
    static TunedModel ofFiles(ImageModel base, List<SampleRequest.Adapter> adapters, boolean merge) throws IOException {
        List<Lora.Weighted> all = new ArrayList<>();
        for (SampleRequest.Adapter adapter : adapters) {
            Lora lora;
            try {
                LoraFile file = LoraFile.read(adapter.file());
                file.remark().ifPresent(log::warn);
                lora = file.lora();
            } catch (IOException e) {
                throw new GivenException("--lora: " + e.getMessage(), e);
            }
            lora.check(base.weights().shapes(), adapter.file().toString());
            all.add(new Lora.Weighted(lora, adapter.weight()));
        }
        String names = adapters.stream()
                .map(adapter -> adapter.file().getFileName()
                        + (adapter.weight() == 1 ? "" : " x " + Numbers.plain(adapter.weight())))
                .collect(Collectors.joining(" + "));
        Lora lora = Lora.combined(all);
        return merge
                ? new TunedModel(names + ", merged", MergedWeights.of(base.weights(), lora, names), () -> {})
                : new TunedModel(names, new OverlaidWeights(base.weights(), lora.parameters(1)), () -> {});
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
