package mixgrpo.tools.model;

import java.nio.file.Path;

/** Where things are kept that can be computed again: {@code mixgrpo} in {@code $XDG_CACHE_HOME}, which is {@code ~/.cache} unless set. */
public final class CacheFolder {

    private CacheFolder() {}

    /** The folder of all; the property {@code mixgrpo.cache} names another one. */
    public static Path path() {
        String given = System.getProperty("mixgrpo.cache");
        if (given != null) {
            return Path.of(given);
        }
        String caches = System.getenv("XDG_CACHE_HOME");
        Path above = caches == null || caches.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".cache")
                : Path.of(caches);
        return above.resolve("mixgrpo");
    }

    /** Engines that were built, and that they were verified. */
    public static Path engines() {
        return path().resolve("engines");
    }

    /** Embeddings of prompts by the encoders of model folders. */
    public static Path text() {
        return path().resolve("text");
    }
}
