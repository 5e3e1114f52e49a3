package mixgrpo.tools.sample;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import mixgrpo.solvers.plan.Step;
import mixgrpo.tools.model.EngineMemory;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.train.MemoryPlan;

/** What drawing needs of memory, by part: an estimate from shapes alone. */
final class SampleMemory {

    private SampleMemory() {}

    /**
     * @param networks that the plans ask for
     * @param rows pictures that the network sees at once
     * @param tokens of a picture and its prompt
     */
    static MemoryPlan of(SampleModel model, Set<Step.Network> networks, int rows, int tokens, SampleRequest.Size size)
            throws IOException {
        EngineMemory memory = new EngineMemory(model.base(), tokens);
        Map<String, Long> parts = new LinkedHashMap<>();
        boolean shared = model.tuned().map(TunedModel::unmerged).orElse(false);
        if (networks.contains(Step.Network.TUNED) || shared) {
            parts.put("transformer (%s), float32 and packed".formatted(model.weights()), memory.transformer());
        }
        if (networks.contains(Step.Network.BASE) && !shared) {
            parts.put("base transformer, float32 and packed", memory.transformer());
        }
        if (shared) {
            parts.put("adapters", model.tuned().orElseThrow().adapterBytes());
        }
        parts.put("activations of the transformer (%d at once, %d tokens)".formatted(rows, tokens), memory.pass(rows));
        int together = Math.min(rows, ImageModel.decodedTogether(size.width(), size.height()));
        parts.put("decoder (%d at once)".formatted(together), memory.decoder(together, size.width(), size.height()));
        return new MemoryPlan(memory.encoders(), parts);
    }
}
