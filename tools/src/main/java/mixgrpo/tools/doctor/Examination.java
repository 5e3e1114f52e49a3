package mixgrpo.tools.doctor;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import mixgrpo.runtime.engine.EngineProbe;
import mixgrpo.runtime.engine.NvidiaDriver;
import mixgrpo.tools.model.CacheFolder;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.Processor;
import mixgrpo.tools.run.WritableFolder;
import mixgrpo.trainer.config.RolloutConfig;

/**
 * Looks at this machine and this build. Starts ONNX Runtime, the tokenizers and libtorch, because only that tells whether they can;
 * computes nothing.
 *
 * @param checks in the order of reading
 */
public record Examination(List<Check> checks) {

    private static final int OLDEST_JAVA = 17;

    /** What the quickstart takes at its peak, with room for the rest of the system. */
    private static final long ENOUGH_MEMORY = 3_000_000_000L;

    /** Unpacked native libraries and a run's checkpoints. */
    private static final long ENOUGH_DISK = 2_000_000_000L;

    private static final Path MEMORY = Path.of("/proc/meminfo");

    public Examination {
        checks = List.copyOf(checks);
    }

    /** @throws IOException if the system's own files cannot be read */
    public static Examination ofMachine() throws IOException {
        List<Check> checks = new ArrayList<>();
        checks.add(java(Runtime.version().feature(), Runtime.version().toString()));
        checks.add(processor(Processor.ofMachine(), Runtime.getRuntime().availableProcessors()));
        checks.add(memory(Files.readString(MEMORY)));
        checks.addAll(NativeLibraries.checks());
        checks.add(driver(NvidiaDriver.ofMachine()));
        checks.addAll(engines(EngineKind.probe()));
        checks.add(disk("cache", CacheFolder.path(), "XDG_CACHE_HOME names another folder for it"));
        checks.add(disk("temporary files", Path.of(System.getProperty("java.io.tmpdir")), "free some space there"));
        checks.add(disk("runs", Path.of("").toAbsolutePath(), "start commands where there is room and permission"));
        return new Examination(checks);
    }

    /** Whether what the program does by default works. */
    public boolean isSound() {
        return checks.stream().noneMatch(check -> check.state() == Check.State.BROKEN);
    }

    static Check java(int version, String text) {
        String found =
                "%s, %s, %s".formatted(text, System.getProperty("java.vm.name"), System.getProperty("java.home"));
        return version >= OLDEST_JAVA
                ? Check.ok("Java", found)
                : new Check("Java", Check.State.BROKEN, found, "set JAVA_HOME to a JDK 17 or newer");
    }

    static Check processor(Processor processor, int cores) {
        List<String> has = Stream.of("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile")
                .filter(processor.features()::contains)
                .toList();
        String found = "%s, %d processors for this process, %s"
                .formatted(processor.name(), cores, has.isEmpty() ? "no avx2" : String.join(" ", has));
        return has.contains("avx2")
                ? Check.ok("processor", found)
                : new Check(
                        "processor",
                        Check.State.WARNING,
                        found,
                        "works, at a small part of the speed; a processor with AVX2 is what times in the README are of");
    }

    /** @param memInfo as {@code /proc/meminfo} */
    static Check memory(String memInfo) {
        long total = kilobytes("MemTotal", memInfo);
        long available = kilobytes("MemAvailable", memInfo);
        String found = "%s, %s of it free; heap at most %s"
                .formatted(
                        gigabytes(total),
                        gigabytes(available),
                        gigabytes(Runtime.getRuntime().maxMemory()));
        return available >= ENOUGH_MEMORY
                ? Check.ok("memory", found)
                : new Check(
                        "memory",
                        Check.State.WARNING,
                        found,
                        "the quickstart needs about 1.5 GB; close other programs, or take the least by"
                                + " MIXGRPO_JAVA_OPTS=-Dmixgrpo.workers=1");
    }

    private static long kilobytes(String key, String memInfo) {
        return first("(?m)^%s:\\s*([0-9]+) kB".formatted(key), memInfo)
                        .map(Long::parseLong)
                        .orElseThrow(() ->
                                new IllegalStateException("%s: expected a line %s, got none".formatted(MEMORY, key)))
                * 1024;
    }

    private static Optional<String> first(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    static Check driver(Optional<NvidiaDriver> driver) {
        return driver.map(found -> Check.ok(
                        "NVIDIA driver", "%s; %s".formatted(found.version(), String.join(", ", found.devices()))))
                .orElse(new Check(
                        "NVIDIA driver", Check.State.ABSENT, "none runs", "nothing, unless this machine has a GPU"));
    }

    /** Each engine of a configuration, and which one {@code auto} takes. */
    static List<Check> engines(EngineProbe probe) {
        List<Check> checks = new ArrayList<>();
        for (RolloutConfig.Engine engine : RolloutConfig.Engine.values()) {
            if (engine != RolloutConfig.Engine.AUTO) {
                EngineProbe.Finding finding = EngineKind.finding(engine, probe);
                Check.State state = finding.isUsable()
                        ? Check.State.OK
                        : engine == RolloutConfig.Engine.ORT_CPU ? Check.State.BROKEN : Check.State.ABSENT;
                checks.add(new Check(
                        "engine " + finding.engine(),
                        state,
                        finding.isUsable() ? "can run" : "cannot run",
                        finding.reason()));
            }
        }
        checks.add(Check.ok("engine auto", "takes " + EngineKind.fastest()));
        return checks;
    }

    /** @param folder which need not exist yet */
    static Check disk(String what, Path folder, String advice) throws IOException {
        Path existing = folder.toAbsolutePath();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        Optional<String> refusal = WritableFolder.refusal(folder);
        if (refusal.isPresent()) {
            return new Check(what, Check.State.WARNING, "%s: %s".formatted(folder, refusal.get()), advice);
        }
        FileStore store = Files.getFileStore(existing);
        String found = "%s, %s free".formatted(folder, gigabytes(store.getUsableSpace()));
        return store.getUsableSpace() >= ENOUGH_DISK
                ? Check.ok(what, found)
                : new Check(what, Check.State.WARNING, found, advice);
    }

    private static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    }
}
