package mixgrpo.tools.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.MergedWeights;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.OverlaidWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.tools.model.AdapterFile;
import mixgrpo.tools.model.Architecture;
import mixgrpo.tools.model.TunedTransformer;

/**
 * The weights to export. What can be told to be wrong without a model is refused here.
 *
 * @param selection the networks
 * @param tuned folder with the transformer that was tuned from the model's, or a file of it; null for none
 * @param adapters LoRA files for the transformer
 * @param merge whether they are folded into its weights
 */
public record ExportSource(ModelSelection selection, Path tuned, List<AdapterFile> adapters, boolean merge) {

    public ExportSource {
        adapters = List.copyOf(adapters);
        if (tuned != null && !adapters.isEmpty()) {
            throw new IllegalArgumentException(
                    "--tuned and --lora: expected one of them, got both; an adapter belongs to the base model");
        }
        if (merge && adapters.isEmpty()) {
            throw new IllegalArgumentException("--merge: expected a --lora to merge, got none");
        }
        if (!selection.has(ModelPart.TRANSFORMER) && (tuned != null || !adapters.isEmpty())) {
            throw new IllegalArgumentException("%s: belongs to the transformer, which is not among the components %s"
                    .formatted(tuned != null ? "--tuned" : "--lora", selection.parts()));
        }
    }

    /**
     * A part with the weights that are asked for; the caller closes it.
     *
     * @throws IOException if files are missing or broken
     * @throws IllegalArgumentException if weights do not fit
     */
    PartSource open(ModelFolder model, ModelPart part) throws IOException {
        PartSource plain = PartSource.open(model, part);
        if (part != ModelPart.TRANSFORMER) {
            return plain;
        }
        try {
            return plain.with(weights(model, plain));
        } catch (IOException | RuntimeException e) {
            plain.open().closeAfter(e);
            throw e;
        }
    }

    private Weights weights(ModelFolder model, PartSource base) throws IOException {
        if (tuned != null) {
            Architecture architecture = Architecture.of(model.json("transformer", "config.json"));
            return base.open()
                    .add(TunedTransformer.open(architecture, tuned, selection.variant()))
                    .weights();
        }
        if (adapters.isEmpty()) {
            return base.weights();
        }
        Lora lora = AdapterFile.combined(adapters, base.weights().shapes());
        return merge
                ? MergedWeights.of(base.weights(), lora, AdapterFile.words(adapters))
                : new OverlaidWeights(base.weights(), lora.parameters(1));
    }
}
