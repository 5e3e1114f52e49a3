package mixgrpo.tools.train;

import java.io.IOException;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mixgrpo.tools.model.EngineMemory;

/** What a run needs of memory, an estimate. */
public final class MemoryPlan {

    private static final String ADVICE =
            "smaller rollout.images, prompts.perIteration or rollout.batch, more optimizer.minibatches, train.recompute=true or train.mode=lora help";

    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s*([0-9]+) kB");

    private final MemoryPlace machine;
    private final MemoryPlace gpu;
    private final Optional<MemoryUsage> ofGpu;

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
                Optional.empty());
    }

    /** @param ofGpu what all programs use of the GPU's memory; empty if it cannot be asked */
    MemoryPlan(MemoryPlace machine, MemoryPlace gpu, Optional<MemoryUsage> ofGpu) {
        this.machine = machine;
        this.gpu = gpu;
        this.ofGpu = ofGpu;
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
        Matcher available = AVAILABLE.matcher(Files.readString(MEMORY));
        if (!available.find()) {
            throw new IOException("%s: expected a line MemAvailable, got none".formatted(MEMORY));
        }
        long bytes = Long.parseLong(available.group(1)) * 1024;
        Optional<String> onMachine = refusal(machine, "the machine", bytes, advice);
        return onMachine.isPresent()
                ? onMachine
                : ofGpu.flatMap(memory -> refusal(gpu, "the GPU", memory.getMax() - memory.getUsed(), advice));
    }

    private static Optional<String> refusal(MemoryPlace place, String owner, long left, String advice) {
        return place.total() <= left
                ? Optional.empty()
                : Optional.of("memory: this run needs about %s, %s has %s left; %s%n%s"
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
