package mixgrpo.runtime.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The memory of a GPU that all programs use, as the driver's own program says. */
public final class GpuUse {

    private static final long MEBIBYTE = 1 << 20;

    private GpuUse() {}

    /** Of the GPU that this process computes on; null where there is no such program or it does not know. */
    public static Long bytes() {
        return bytes(List.of(
                "nvidia-smi",
                "--query-gpu=memory.used",
                "--format=csv,noheader,nounits",
                "--id=%d".formatted(EngineProbe.cudaDevice())));
    }

    /** @param command that prints a number of mebibytes */
    static Long bytes(List<String> command) {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) { // there is no such program
            return null;
        }
        try {
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 && said.matches("[0-9]{1,9}")
                    ? Long.valueOf(Long.parseLong(said) * MEBIBYTE)
                    : null;
        } catch (IOException e) {
            throw new UncheckedIOException("%s cannot be read".formatted(command.get(0)), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } finally {
            process.destroyForcibly();
        }
    }
}
