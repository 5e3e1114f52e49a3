package mixgrpo.trainer.eager;

import ai.djl.engine.Engine;

/**
 * The libtorch of this process.
 *
 * @param version {@code 2.7.1} for one
 * @param gpus how many GPUs it sees; 0 for a build that computes on the CPU only
 */
public record Libtorch(String version, int gpus) {

    /**
     * Loads it, if nothing has yet.
     *
     * @throws RuntimeException by DJL, if its library cannot be loaded
     * @throws LinkageError if the library, or one that it needs, is broken
     */
    public static Libtorch load() {
        Engine engine = Engine.getEngine("PyTorch");
        return new Libtorch(engine.getVersion(), engine.getGpuCount());
    }
}
