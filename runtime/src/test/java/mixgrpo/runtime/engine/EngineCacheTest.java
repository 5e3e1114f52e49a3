package mixgrpo.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineCacheTest {

    private static final EngineKey KEY = new EngineKey(
            "ab".repeat(32),
            "",
            "fp16",
            "hidden_states=1x64x16..8x64x16",
            "tensorrt",
            "11.2.1",
            "NVIDIA H100",
            "580.1");

    @TempDir
    private Path folder;

    private EngineCache cache() {
        return new EngineCache(folder.resolve("engines"));
    }

    private static EngineCache.Content plan(String text) {
        return entry -> Files.writeString(entry.resolve("plan"), text);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("engines"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static EngineKey with(String part, String value) {
        Map<String, String> parts = new LinkedHashMap<>(KEY.parts());
        parts.put(part, value);
        return EngineKey.of(parts);
    }

    @Test
    void whatWasStoredIsFound() throws IOException {
        assertTrue(cache().find("transformer", KEY).isEmpty());
        assertTrue(cache().stale("transformer", KEY).isEmpty());
        EngineCache.Entry stored = cache().store("transformer", KEY, plan("built"));
        EngineCache.Entry found = cache().find("transformer", KEY).orElseThrow();
        assertEquals(stored, found);
        assertEquals("built", Files.readString(found.file("plan")));
        assertTrue(cache().find("vae-decoder", KEY).isEmpty());
    }

    /** Each part of the key by itself: an engine that differs in it is not given out, and it is said in what. */
    @Test
    void everyPartOfTheKeyMatters() throws IOException {
        cache().store("transformer", KEY, plan("built"));
        for (String part : KEY.parts().keySet()) {
            EngineKey other = with(part, "another");
            assertNotEquals(KEY.id(), other.id(), part);
            assertTrue(cache().find("transformer", other).isEmpty(), part);
            List<EngineCache.Stale> stale = cache().stale("transformer", other);
            assertEquals(1, stale.size(), part);
            assertEquals(1, stale.get(0).reasons().size(), part);
            assertTrue(
                    stale.get(0).reasons().get(0).matches(part + " is '.*', wanted 'another'"), stale.get(0)::toString);
        }
    }

    @Test
    void aBrokenEntryIsNamedAndReplaced() throws IOException {
        EngineCache.Entry entry = cache().store("transformer", KEY, plan("built"));
        Files.writeString(entry.file("plan"), "bui");
        assertTrue(cache().find("transformer", KEY).isEmpty());
        assertEquals(
                List.of("plan: expected 5 bytes, got 3"),
                cache().stale("transformer", KEY).get(0).reasons());
        Files.delete(entry.file("engine.txt"));
        assertEquals(
                List.of("it has no engine.txt"),
                cache().stale("transformer", KEY).get(0).reasons());
        cache().store("transformer", KEY, plan("again"));
        assertEquals(
                "again",
                Files.readString(cache().find("transformer", KEY).orElseThrow().file("plan")));
    }

    @Test
    void aBuildThatFailsLeavesNothing() throws IOException {
        assertThrows(IOException.class, () -> cache().store("transformer", KEY, entry -> {
            Files.writeString(entry.resolve("plan"), "half");
            throw new IOException("the builder died");
        }));
        assertEquals(List.of(), names());
    }

    @Test
    void manyWritersOfOneKeyLeaveOneWholeEntry() throws Exception {
        for (int round = 0; round < 20; round++) {
            EngineKey key = with("version", "round " + round);
            CompletableFuture<?>[] writers = IntStream.range(0, 4)
                    .mapToObj(writer -> CompletableFuture.supplyAsync(() -> {
                        try {
                            return Files.readString(cache().store("transformer", key, plan("plan " + writer))
                                    .file("plan"));
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    }))
                    .toArray(CompletableFuture<?>[]::new);
            CompletableFuture.allOf(writers).get();
            String kept = Files.readString(
                    cache().find("transformer", key).orElseThrow().file("plan"));
            assertTrue(kept.matches("plan [0-3]"), kept);
        }
        assertEquals(20, names().size());
    }

    @Test
    void keysAndNamesAreLines() {
        assertThrows(IllegalArgumentException.class, () -> with("device", "two\nlines"));
        assertThrows(IllegalArgumentException.class, () -> EngineKey.of(Map.of("graph", "x")));
        assertThrows(IllegalArgumentException.class, () -> cache().find("../up", KEY));
    }
}
