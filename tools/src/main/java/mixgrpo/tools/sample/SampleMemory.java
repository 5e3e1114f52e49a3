package mixgrpo.tools.sample;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import mixgrpo.solvers.plan.Step;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.EngineMemory;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.VaeTiling;
import mixgrpo.tools.train.MemoryPlan;
import mixgrpo.trainer.config.RolloutConfig;

/** What drawing needs of memory, by part: an estimate from shapes alone. */
public final class SampleMemory {

    private SampleMemory() {}

    /**
     * @param networks that the plans ask for
     * @param rows pictures that the network sees at once
     * @param tokens of a picture and its prompt
     * @param precision of the transformer
     */
    static MemoryPlan of(
            SampleModel model,
            Set<Step.Network> networks,
            int rows,
            int tokens,
            SampleRequest.Size size,
            VaeTiling tiling,
            RolloutConfig.Precision precision)
            throws IOException {
        EngineMemory memory = EngineMemory.of(model.base(), tokens).withPrecision(precision);
        boolean quantized = precision == RolloutConfig.Precision.INT8;
        long transformer = quantized ? memory.quantized() : memory.transformer();
        String stored = quantized ? "fp32 and int8" : Word.of(precision) + " and packed";
        Map<String, Long> parts = new LinkedHashMap<>();
        boolean shared = model.tuned().map(TunedModel::unmerged).orElse(false);
        if (networks.contains(Step.Network.TUNED) || shared) {
            parts.put("transformer (%s), %s".formatted(model.weights(), stored), transformer);
        }
        if (networks.contains(Step.Network.BASE) && !shared) {
            parts.put("base transformer, " + stored, transformer);
        }
        if (shared) {
            parts.put("adapters", model.tuned().orElseThrow().adapterBytes());
        }
        return of(memory, parts, rows, size, tiling);
    }

    /** The same for a model without tuned weights. */
    public static MemoryPlan of(EngineMemory memory, int rows, SampleRequest.Size size) {
        Map<String, Long> parts = new LinkedHashMap<>();
        parts.put("transformer", memory.transformer());
        return of(memory, parts, rows, size, VaeTiling.AUTO);
    }

    private static MemoryPlan of(
            EngineMemory memory, Map<String, Long> parts, int rows, SampleRequest.Size size, VaeTiling tiling) {
        parts.put(
                "activations of the transformer (%d at once, %d tokens)".formatted(rows, memory.tokens()),
                memory.pass(rows));
        int together = Math.min(rows, ImageModel.decodedTogether(size.width(), size.height()));
        parts.put(
                "decoder (%d at once%s)".formatted(together, tiles(memory, size, tiling)),
                memory.decoder(together, size.width(), size.height(), tiling));
        return new MemoryPlan(memory.encoders(), parts);
    }

    /** Their size in pixels, if there is more than one. */
    private static String tiles(EngineMemory memory, SampleRequest.Size size, VaeTiling tiling) {
        return memory.vae()
                .map(vae -> (long) tiling.of(vae).side() * vae.stride())
                .filter(side -> side < Math.max(size.width(), size.height()))
                .map(side -> ", in tiles of %dx%d".formatted(side, side))
                .orElse("");
    }
}
