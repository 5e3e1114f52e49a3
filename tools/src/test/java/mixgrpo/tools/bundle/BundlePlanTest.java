package mixgrpo.tools.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import mixgrpo.tools.failure.GivenException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundlePlanTest {

    @TempDir
    private Path home;

    private Path jar;
    private Path natives;

    @BeforeEach
    void makeHome() throws IOException {
        write("LICENSE");
        write("models/scenes/vae/config.json");
        jar = write("elsewhere/a.jar");
        natives = write("natives/libonnxruntime.so").getParent();
    }

    private Path write(String name) throws IOException {
        Path file = home.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, name);
    }

    private BundlePlan plan(String classPath, Path... models) throws IOException {
        return BundlePlan.of(home, Set.of("train", "bundle"), classPath, natives, List.of(models));
    }

    @Test
    void itHasLaunchersJarsNativesAndModels() throws IOException {
        Path model = write("flux/transformer/a.safetensors").getParent().getParent();
        assertEquals(
                new TreeSet<>(Set.of(
                        "LICENSE",
                        "NOTICE",
                        "README.md",
                        "tools/launch",
                        "tools/train",
                        "lib/a.jar",
                        "lib/onnxruntime/libonnxruntime.so",
                        "models/scenes/vae/config.json",
                        "models/flux/transformer/a.safetensors")),
                new TreeSet<>(plan(jar.toString(), model).files().keySet()));
    }

    @Test
    void whatWouldNotRunElsewhereIsRefused() throws IOException {
        String other = write("other/a.jar").toString();
        assertRefused("two jars are called a.jar", () -> plan(jar + ":" + other));
        assertRefused("expected jars only", () -> plan(home.toString()));
        assertRefused("expected a folder", () -> plan(jar.toString(), jar));
        Path scenes = write("mine/scenes/x").getParent();
        assertRefused("has a models/scenes already", () -> plan(jar.toString(), scenes));
    }

    private interface Planning {
        BundlePlan run() throws IOException;
    }

    private static void assertRefused(String part, Planning planning) {
        GivenException refused = assertThrows(GivenException.class, planning::run);
        assertTrue(refused.getMessage().contains(part), refused.getMessage());
    }
}
