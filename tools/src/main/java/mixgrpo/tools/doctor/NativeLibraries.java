package mixgrpo.tools.doctor;

import java.util.List;
import java.util.function.Supplier;
import mixgrpo.runtime.text.TextEncoder;
import mixgrpo.trainer.eager.Libtorch;

/** Libraries of machine code that come in jars and are unpacked at first use: whether they load. */
final class NativeLibraries {

    private static final int TOKENS = 16;

    private NativeLibraries() {}

    static List<Check> checks() {
        return List.of(
                loading("text encoder", () -> {
                    try (TextEncoder encoder = new TextEncoder(TOKENS)) {
                        encoder.encode("two red circles");
                        return "MiniLM and its tokenizer work";
                    }
                }),
                loading("libtorch", () -> {
                    Libtorch torch = Libtorch.load();
                    return "%s, on %s"
                            .formatted(torch.version(), torch.gpus() == 0 ? "the CPU" : torch.gpus() + " GPUs");
                }));
    }

    /** @param load loads a library and says what it found */
    static Check loading(String subject, Supplier<String> load) {
        try {
            return Check.ok(subject, load.get());
        } catch (RuntimeException | LinkageError e) {
            return new Check(
                    subject,
                    Check.State.BROKEN,
                    "does not load: %s".formatted(e),
                    "the C library must be glibc 2.34 or newer; DJL_CACHE_DIR and the folder for temporary files must take files and"
                            + " must not be mounted noexec; if a file there is broken, delete it and it is unpacked again");
        }
    }
}
