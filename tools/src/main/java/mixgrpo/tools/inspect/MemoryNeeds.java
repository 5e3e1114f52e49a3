package mixgrpo.tools.inspect;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.tools.model.Architecture;
import mixgrpo.tools.model.EngineMemory;
import mixgrpo.tools.train.RunMemory;

/**
 * What a model needs, in bytes, by precision and use: estimates for one picture of 1024x1024 pixels at a time, on the device that
 * computes. Activations are counted as in {@link RunMemory}; what an engine adds for its kernels is not.
 *
 * @param bytes by precision ({@code fp32}), then by use
 */
public record MemoryNeeds(Map<String, Map<Use, Long>> bytes) {

    private static final Map<String, Integer> PRECISIONS = precisions();
    private static final int SIDE = 1024;
    private static final int LORA_RANK = 16;
    /** Layers of a block that adapters usually get: query, key, value and output. */
    private static final int LORA_LAYERS = 4;
    /** A trained value, its gradient and two moments. */
    private static final int TRAINED_COPIES = 4;

    /** What the memory is for. */
    public enum Use {
        SAMPLE("sample"),
        TRAIN_LORA("train LoRA"),
        TRAIN_FULL("train full"),
        EXPORT("export"),
        EXPORTED_FILES("exported files");

        private final String title;

        Use(String title) {
            this.title = title;
        }

        public String title() {
            return title;
        }
    }

    private static Map<String, Integer> precisions() {
        Map<String, Integer> precisions = new LinkedHashMap<>();
        precisions.put("fp32", 4);
        precisions.put("bf16", 2);
        precisions.put("fp16", 2);
        return precisions;
    }

    /**
     * @param architecture of the transformer
     * @param encoders text encoders, which are closed before the transformer is opened
     * @param others the autoencoder
     * @param latentStride pixels along a side of a latent
     */
    static MemoryNeeds of(
            Architecture architecture, Part transformer, List<Part> encoders, List<Part> others, int latentStride) {
        long own = transformer.parameters();
        long beside = others.stream().mapToLong(Part::parameters).sum();
        long text = encoders.stream().mapToLong(Part::parameters).sum();
        long side = SIDE / latentStride / architecture.patch();
        long tokens = side * side + architecture.textLength();
        long width = tokens * architecture.width();
        long kept = RunMemory.KEPT_PER_BLOCK + (long) RunMemory.KEPT_RECOMPUTED * architecture.blocks();
        long adapters = 2L * LORA_RANK * architecture.width() * LORA_LAYERS * architecture.blocks();
        long largest = Math.max(
                transformer.largest(),
                others.stream().mapToLong(Part::largest).max().orElse(0));
        Map<String, Map<Use, Long>> all = new LinkedHashMap<>();
        PRECISIONS.forEach((precision, size) -> {
            long engines = size * (own + beside);
            long activations = size * EngineMemory.LIVE_IN_ENGINE * width;
            long gradient = size * kept * width;
            Map<Use, Long> needs = new LinkedHashMap<>();
            needs.put(Use.SAMPLE, Math.max(size * text, engines + activations));
            // The trainer keeps float32 whatever it computes in.
            long trainer = engines + activations + gradient + Float.BYTES * own;
            needs.put(Use.TRAIN_LORA, trainer + Float.BYTES * TRAINED_COPIES * adapters);
            needs.put(Use.TRAIN_FULL, trainer + Float.BYTES * (TRAINED_COPIES - 1) * own);
            needs.put(Use.EXPORT, EngineMemory.FIXED + 2 * largest);
            needs.put(Use.EXPORTED_FILES, engines + size * text);
            all.put(precision, needs);
        });
        return new MemoryNeeds(all);
    }
}
