package mixgrpo.tools.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import mixgrpo.runtime.text.TextEncoder;
import mixgrpo.trainer.libtorch.Libtorch;
import mixgrpo.trainer.libtorch.TorchDevice;

/** Libraries of machine code that come in jars and are unpacked at first use: whether they load. */
final class NativeLibraries {

    private static final int TOKENS = 16;

    private NativeLibraries() {}

    static List<Check> checks() {
        List<Check> checks = new ArrayList<>();
        Check torch = loading("libtorch", () -> Libtorch.load().toString()); // before the tokenizers, see TorchDevice
        checks.add(torch);
        checks.add(loading("text encoder", () -> {
            try (TextEncoder encoder = new TextEncoder(TOKENS)) {
                encoder.encode("two red circles");
                return "MiniLM and its tokenizer work";
            }
        }));
        if (torch.state() == Check.State.OK) {
            List<String> missing = TorchDevice.missing();
            checks.add(
                    missing.isEmpty()
                            ? Check.ok(
                                    "training on a GPU",
                                    "can run, on %d GPUs"
                                            .formatted(Libtorch.load().gpus()))
                            : new Check(
                                    "training on a GPU", Check.State.ABSENT, "cannot run", String.join("; ", missing)));
        }
        return checks;
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
