package mixgrpo.tools.sample;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import mixgrpo.models.Inventory;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.solvers.plan.Step;
import mixgrpo.tools.model.Architecture;
import mixgrpo.tools.train.MemoryPlan;

/** What drawing needs of memory, by part: an estimate from shapes alone. */
final class SampleMemory {

    /** Values of a picture that the decoder's widest level holds at once, per pixel and channel of its first level. */
    private static final int DECODER_LIVE = 4;

    private SampleMemory() {}

    /**
     * @param networks that the plans ask for
     * @param rows latents that a network sees at once
     * @param joint tokens of a picture and its prompt
     */
    static MemoryPlan of(
            SampleModel model, Set<Step.Network> networks, int rows, int joint, SampleRequest.Size size) {
        Architecture architecture = model.base().architecture();
        long transformer = bytes(architecture.parameters());
        VaeConfig vae = model.base().vaeConfig();
        Map<String, Long> parts = new LinkedHashMap<>();
        boolean shared = model.tuned().map(TunedModel::unmerged).orElse(false);
        if (networks.contains(Step.Network.TUNED) || shared) {
            parts.put("transformer (%s), float32 and packed".formatted(model.weights()), 2 * transformer);
        }
        if (networks.contains(Step.Network.BASE) && !shared) {
            parts.put("base transformer for the last steps, float32 and packed", 2 * transformer);
        }
        if (shared) {
            parts.put("adapters", model.tuned().orElseThrow().adapterBytes());
        }
        parts.put(
                "activations of the transformer (%d at once, %d tokens)".formatted(rows, joint),
                4L * rows * joint * architecture.width() * MemoryPlan.LIVE_IN_ENGINE);
        parts.put("decoder", 2 * bytes(Inventory.parameters(AutoencoderKl.decoder(vae))));
        parts.put(
                "activations of the decoder",
                4L * rows * size.width() * size.height() * vae.blockOutChannels().get(0) * DECODER_LIVE);
        parts.put("Java, native libraries", MemoryPlan.FIXED);
        return new MemoryPlan(parts);
    }

    /** Bytes in float32. */
    private static long bytes(Map<String, long[]> shapes) {
        return shapes.values().stream().mapToLong(SampleMemory::bytes).sum();
    }

    static long bytes(long[] shape) {
        return 4 * Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }
}
