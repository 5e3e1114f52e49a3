package mixgrpo.runtime.workers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class WorkersTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void resultsComeInOrder(int count) {
        try (Workers workers = new Workers(count)) {
            List<Integer> results = Collections.synchronizedList(new ArrayList<>());
            workers.inOrder(50, (worker, index) -> slow(index), (worker, index, result) -> results.add(result));
            assertEquals(IntStream.range(0, 50).boxed().toList(), results);
        }
    }

    /** Earlier parts take longer. */
    private static int slow(int index) {
        try {
            Thread.sleep(index % 5 == 0 ? 3 : 0);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return index;
    }

    @Test
    void partsRunAtTheSameTime() {
        try (Workers workers = new Workers(3)) {
            CountDownLatch together = new CountDownLatch(3);
            Set<Integer> numbers = ConcurrentHashMap.newKeySet();
            workers.all(3, (worker, index) -> {
                together.countDown();
                try {
                    together.await(); // for ever, if a part waited for another
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                return numbers.add(worker);
            });
            assertEquals(Set.of(0, 1, 2), numbers);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void aFailureEndsAllAndLeavesTheWorkersUsable(int count) {
        try (Workers workers = new Workers(count)) {
            List<Integer> results = Collections.synchronizedList(new ArrayList<>());
            IllegalStateException failure = assertThrows(
                    IllegalStateException.class,
                    () -> workers.inOrder(
                            100,
                            (worker, index) -> {
                                if (index == 7) {
                                    throw new IllegalStateException("part 7");
                                }
                                return index;
                            },
                            (worker, index, result) -> results.add(result)));
            assertEquals("part 7", failure.getMessage());
            assertTrue(results.size() <= 7, results.toString());
            assertThrows(
                    IllegalArgumentException.class,
                    () -> workers.all(9, (worker, index) -> {
                        throw new IllegalArgumentException("all of them");
                    }));
            List<Integer> again = Collections.synchronizedList(new ArrayList<>());
            workers.all(9, (worker, index) -> again.add(index));
            assertEquals(9, again.size());
        }
    }

    @Test
    void threadsAreDividedAmongWorkers() {
        String threads = System.getProperty(Workers.THREADS);
        try {
            System.setProperty(Workers.THREADS, "6");
            assertEquals(6, Workers.threadsOfACall());
            System.setProperty(Workers.WORKERS, "4");
            assertEquals(1, Workers.threadsOfACall());
            System.setProperty(Workers.WORKERS, "2");
            assertEquals(3, Workers.threadsOfACall());
            System.setProperty(Workers.WORKERS, "0");
            assertEquals(
                    "-Dmixgrpo.workers: expected 1..9999, got '0'",
                    assertThrows(IllegalArgumentException.class, Workers::ofProcess)
                            .getMessage());
        } finally {
            System.clearProperty(Workers.WORKERS);
            System.setProperty(Workers.THREADS, threads);
        }
    }

    @Test
    void noneIsTooFew() {
        assertThrows(IllegalArgumentException.class, () -> new Workers(0));
    }
}
