package mixgrpo.runtime.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A process with a scratch folder that ends when it is killed. */
final class ScratchHolder {

    private ScratchHolder() {}

    /** @param arguments the cache */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        ScratchFolder scratch = ScratchFolder.in(Path.of(arguments[0]));
        Files.writeString(scratch.path().resolve("engine.plan"), "half");
        System.out.println(scratch.path());
        Thread.sleep(600_000);
        scratch.close();
    }
}
