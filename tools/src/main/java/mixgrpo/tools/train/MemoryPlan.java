package mixgrpo.tools.train;

import java.io.IOException;
import java.lang.management.MemoryUsage;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import mixgrpo.tools.model.EngineMemory;

/** What a run needs of memory, an estimate. */
public final class MemoryPlan {

    private static final String ADVICE =
            "smaller rollout.images, prompts.perIteration or rollout.batch, more optimizer.minibatches, train.recompute=true or train.mode=lora help";

    /** Heap that a run has beside its pictures, roughly: with 64 MB a quickstart runs out of it. */
    private static final long HEAP = 100_000_000;

    private final MemoryPlace machine;
    private final MemoryPlace gpu;
    private final Optional<MemoryUsage> ofGpu;
    private final long arrays;

    /**
     * Of something that uses the machine's memory alone.
     *
     * @param encoders text encoders of the model's folder, which are closed before the rest is made; bytes
     * @param parts of the rest, bytes
     */
    public MemoryPlan(long encoders, Map<String, Long> parts) {
        this(
                new MemoryPlace(encoders, parts, EngineMemory.FIXED, MemoryPlace.FIXED),
                new MemoryPlace(0, Map.of(), 0, ""),
                Optional.empty(),
                0);
    }

    /**
     * @param ofGpu what all programs use of the GPU's memory; empty if it cannot be asked
     * @param arrays of the machine's parts, what lies on the Java heap, bytes; 0 if that is not known
     */
    MemoryPlan(MemoryPlace machine, MemoryPlace gpu, Optional<MemoryUsage> ofGpu, long arrays) {
        this.machine = machine;
        this.gpu = gpu;
        this.ofGpu = ofGpu;
        this.arrays = arrays;
    }

    /** The most that is needed of the machine's memory at a time. */
    public long total() {
        return machine.total();
    }

    /** What is needed of the GPU's. */
    MemoryPlace gpu() {
        return gpu;
    }

    /** Refuses a run that this machine has no memory for; see {@link #check(String)}. */
    void check() throws IOException {
        check(ADVICE);
    }

    /**
     * Refuses what this machine has no memory for.
     *
     * @param advice what would help
     * @throws IllegalArgumentException with the parts and what to change
     */
    public void check(String advice) throws IOException {
        Optional<String> refusal = refusal(advice);
        if (refusal.isPresent()) {
            throw new IllegalArgumentException(refusal.get());
        }
    }

    /** Why a run is refused here, if it is: for whoever plans one for another machine. */
    Optional<String> refusal() throws IOException {
        return refusal(ADVICE);
    }

    private Optional<String> refusal(String advice) throws IOException {
        return refusal(advice, MemoryLeft.now());
    }

    Optional<String> refusal(String advice, MemoryLeft left) {
        return refusal(machine, "the machine", left.machine(), advice)
                .or(() -> refusal(machine, "this container", left.container(), advice))
                .or(() -> heapRefusal(left.heap()))
                .or(() -> ofGpu.flatMap(memory -> refusal(gpu, "the GPU", memory.getMax() - memory.getUsed(), advice)));
    }

    private Optional<String> heapRefusal(long heap) {
        long needed = arrays + HEAP;
        return arrays == 0 || needed <= heap
                ? Optional.empty()
                : Optional.of(
                        "memory: this run needs about %s of the Java heap, which may have %s; MIXGRPO_JAVA_OPTS=-Xmx%dm gives it that; smaller rollout.images, prompts.perIteration or pictures need less"
                                .formatted(
                                        MemoryPlace.gigabytes(needed),
                                        MemoryPlace.gigabytes(heap),
                                        needed / 1_000_000 + 50));
    }

    private static Optional<String> refusal(MemoryPlace place, String owner, long left, String advice) {
        return place.total() <= left
                ? Optional.empty()
                : Optional.of("memory: this run needs about %s, %s may give it %s; %s%n%s"
                        .formatted(
                                MemoryPlace.gigabytes(place.total()),
                                owner,
                                MemoryPlace.gigabytes(left),
                                advice,
                                place.text("  ")));
    }

    /** One line a part; those of the GPU after those of the machine. */
    public String text(String indent) {
        return gpu.isEmpty()
                ? machine.text(indent)
                : "%s%n%sof the GPU:%n%s".formatted(machine.text(indent), indent, gpu.text(indent));
    }

    static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f MB", bytes / 1e6);
    }
}
