package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import mixgrpo.runtime.workers.Workers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NativeThreadsTest {

    private static final List<String> PROPERTIES =
            List.of(Workers.THREADS, Workers.WORKERS, "ai.djl.pytorch.num_threads");

    private final List<String> before = PROPERTIES.stream()
            .map(property -> System.getProperty(property, ""))
            .toList();

    @AfterEach
    void restore() {
        for (int i = 0; i < before.size(); i++) {
            if (before.get(i).isEmpty()) {
                System.clearProperty(PROPERTIES.get(i));
            } else {
                System.setProperty(PROPERTIES.get(i), before.get(i));
            }
        }
    }

    @Test
    void whatIsTimedAloneHasOneWorker() {
        for (Integer given : new Integer[] {null, 1}) {
            System.setProperty(Workers.THREADS, "7");
            NativeThreads.alone("tools/bench compare", 3, given);
            assertEquals(
                    List.of("3", "1", "3"),
                    Stream.of(PROPERTIES.toArray(String[]::new))
                            .map(System::getProperty)
                            .toList());
        }
        var error =
                assertThrows(IllegalArgumentException.class, () -> NativeThreads.alone("tools/bench compare", 1, 2));
        assertTrue(
                error.getMessage().startsWith("-Dmixgrpo.workers: expected 1 with tools/bench compare"),
                error.getMessage());
    }
}
