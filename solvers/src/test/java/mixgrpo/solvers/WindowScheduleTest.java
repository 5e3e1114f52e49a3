package mixgrpo.solvers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import mixgrpo.solvers.window.OfficialWindows;
import mixgrpo.solvers.window.Pace;
import mixgrpo.solvers.window.TrainedSteps;
import mixgrpo.solvers.window.Window;
import mixgrpo.solvers.window.WindowEnd;
import mixgrpo.solvers.window.WindowRange;
import mixgrpo.solvers.window.WindowSchedule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class WindowScheduleTest {

    private static WindowRange range(Random random) {
        int steps = 2 + random.nextInt(40);
        int reachable = steps - random.nextInt(2);
        int first = random.nextInt(reachable);
        return new WindowRange(steps, 1 + random.nextInt(reachable - first), first, reachable);
    }

    private static List<WindowSchedule> everyStrategy(WindowRange range, Random random) {
        int stride = random.nextInt(range.windowSize() + 2);
        int tau = 1 + random.nextInt(9);
        List<WindowSchedule> all = new ArrayList<>();
        for (WindowEnd end : new WindowEnd[] {WindowEnd.CLAMP, WindowEnd.ROLLBACK, WindowEnd.BOUNCE}) {
            all.add(WindowSchedule.progressive(range, stride, tau, end));
            all.add(WindowSchedule.linearDecay(range, stride, tau + 4, tau, end));
            all.add(WindowSchedule.exponentialDecay(range, stride, new Pace.Exponential(tau, .1, 13), end));
            all.add(WindowSchedule.list(range, List.of(range.lastStart(), range.first()), tau, end));
        }
        all.add(WindowSchedule.frozen(range));
        all.add(WindowSchedule.random(range, random.nextLong()));
        return all;
    }

    @Test
    void everyWindowHasItsSizeAndStaysInRange() {
        Seeded.forEach(40, random -> {
            WindowRange range = range(random);
            for (WindowSchedule windows : everyStrategy(range, random)) {
                for (int i = 0; i < 120; i++) {
                    Window window = windows.at(i);
                    assertEquals(range.windowSize(), window.size(), windows + " at " + i);
                    assertTrue(window.start() >= range.first(), windows + " at " + i);
                    assertTrue(window.end() <= range.reachable(), windows + " at " + i);
                }
            }
        });
    }

    @Test
    void windowDependsOnTheIterationAlone() {
        Seeded.forEach(50, random -> {
            for (WindowSchedule windows : everyStrategy(range(random), random)) {
                Window[] inOrder = IntStream.range(0, 100).mapToObj(windows::at).toArray(Window[]::new);
                for (int k = 0; k < 100; k++) {
                    int i = random.nextInt(100);
                    assertEquals(inOrder[i], windows.at(i), windows + " at " + i);
                }
            }
        });
    }

    @Test
    void windowVisitsEveryStep() {
        Seeded.forEach(100, random -> {
            WindowRange range = range(random);
            int stride = 1 + random.nextInt(range.windowSize());
            WindowSchedule windows = WindowSchedule.progressive(range, stride, 2, WindowEnd.CLAMP);
            TreeSet<Integer> visited = new TreeSet<>();
            for (int i = 0; i < 2 * range.steps(); i++) {
                Window window = windows.at(i);
                IntStream.range(window.start(), window.end()).forEach(visited::add);
            }
            assertEquals(range.reachable() - range.first(), visited.size());
        });
    }

    @Test
    void rollbackComesRoundEveryStepEquallyOften() {
        WindowSchedule windows = WindowSchedule.progressive(WindowRange.of(25, 4), 1, 25, WindowEnd.ROLLBACK);
        assertEquals(new Window(0, 4), windows.at(24));
        assertEquals(new Window(1, 5), windows.at(25));
        assertEquals(new Window(21, 25), windows.at(22 * 25 - 1));
        assertEquals(new Window(0, 4), windows.at(22 * 25));
        assertEquals(windows.at(7), windows.at(7 + 22 * 25 * 1000));
    }

    @Test
    void bounceTurnsAtItsEnds() {
        WindowSchedule windows = WindowSchedule.progressive(WindowRange.of(5, 3), 1, 1, WindowEnd.BOUNCE);
        assertArrayEquals(new int[] {0, 1, 2, 1, 0, 1, 2, 1}, starts(windows, 8));
    }

    @Test
    void stopEndsAfterTheLastPosition() {
        WindowSchedule windows = WindowSchedule.progressive(WindowRange.of(6, 2), 3, 2, WindowEnd.STOP);
        assertArrayEquals(new int[] {0, 0, 3, 3, 4, 4}, starts(windows, 6));
        assertEquals(6, windows.stopsAt().orElseThrow());
        assertThrows(IllegalArgumentException.class, () -> windows.at(6));
        assertTrue(WindowSchedule.frozen(WindowRange.of(6, 2)).stopsAt().isEmpty());
    }

    @Test
    void lastStepCanStayOde() {
        WindowSchedule windows = WindowSchedule.progressive(new WindowRange(25, 4, 0, 24), 1, 1, WindowEnd.CLAMP);
        assertEquals(new Window(20, 24), windows.at(1000));
    }

    @Test
    void linearDecayFallsFromMaxToMin() {
        Pace pace = new Pace.Linear(25, 1, 0, 21);
        assertEquals(25, pace.iterationsAt(0));
        assertEquals(13, pace.iterationsAt(10)); // 25 (1 - 10/21) + 10/21 = 13.57
        assertEquals(1, pace.iterationsAt(21));
        WindowSchedule windows = WindowSchedule.linearDecay(WindowRange.of(6, 3), 1, 4, 1, WindowEnd.CLAMP);
        assertArrayEquals(new int[] {0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 3}, starts(windows, 12));
    }

    @Test
    void rangeMayBeginLater() {
        WindowRange range = new WindowRange(10, 3, 2, 8);
        assertArrayEquals(
                new int[] {2, 3, 4, 5, 2}, starts(WindowSchedule.progressive(range, 1, 1, WindowEnd.ROLLBACK), 5));
        WindowSchedule linear = WindowSchedule.linearDecay(range, 1, 3, 1, WindowEnd.CLAMP);
        assertArrayEquals(new int[] {2, 2, 2, 3, 3, 4, 5, 5}, starts(linear, 8));
        assertEquals(new Window(2, 8), WindowSchedule.all(range).at(9));
        assertEquals(new Window(2, 5), WindowSchedule.frozen(range).at(9));
    }

    @Test
    void exponentialDecayStartsAtItsThreshold() {
        Pace pace = new Pace.Exponential(25, .1, 13);
        assertEquals(25, pace.iterationsAt(13));
        assertEquals(23, pace.iterationsAt(14)); // 25 e^-.1 = 22.6
        assertEquals(12, pace.iterationsAt(21)); // 25 e^-.8 = 11.2
        assertEquals(1, new Pace.Exponential(2, 9, 0).iterationsAt(20));
    }

    @Test
    void randomWindowsAreEvenAndKeyedBySeed() {
        WindowRange range = WindowRange.of(25, 4);
        WindowSchedule windows = WindowSchedule.random(range, 7);
        TreeMap<Integer, Integer> counts = new TreeMap<>();
        for (int i = 0; i < 22_000; i++) {
            counts.merge(windows.at(i).start(), 1, Integer::sum);
        }
        assertEquals(22, counts.size());
        counts.forEach((start, count) -> assertEquals(1000, count, 150, "start " + start));
        assertArrayEquals(starts(windows, 50), starts(WindowSchedule.random(range, 7), 50));
        assertFalse(Arrays.equals(starts(windows, 50), starts(WindowSchedule.random(range, 8), 50)));
    }

    @Test
    void randomWindowsNeverChangeBetweenReleases() {
        assertArrayEquals(
                new int[] {2, 5, 10, 15, 11, 14, 5, 6}, starts(WindowSchedule.random(WindowRange.of(25, 4), 42), 8));
    }

    @Test
    void allCoversEveryReachableStep() {
        assertEquals(
                new Window(0, 25), WindowSchedule.all(WindowRange.of(25, 4)).at(3));
        assertEquals(
                new Window(0, 24),
                WindowSchedule.all(new WindowRange(25, 4, 0, 24)).at(3));
    }

    @Test
    void trainedStepsAreARandomPartOfTheWindow() {
        Seeded.forEach(200, random -> {
            int steps = 3 + random.nextInt(40);
            int[] window = IntStream.range(2, steps + 1).toArray();
            double fraction = 1 - random.nextDouble();
            int iteration = random.nextInt(1000);
            int[] trained = TrainedSteps.random(steps, fraction, 5).of(window, iteration, 3);
            int expected = fraction == 1 ? steps - 1 : Math.max(1, (int) ((steps - 1) * fraction));
            assertEquals(expected, trained.length);
            assertEquals(expected, IntStream.of(trained).distinct().count());
            assertArrayEquals(IntStream.of(trained).sorted().toArray(), trained);
            assertTrue(IntStream.of(trained).allMatch(step -> step >= 2 && step <= steps));
            assertArrayEquals(trained, TrainedSteps.random(steps, fraction, 5).of(window, iteration, 3));
        });
    }

    /** 100 * .29 is 28.999... in binary. */
    @Test
    void aFractionIsTheDecimalThatIsWritten() {
        assertEquals(29, TrainedSteps.random(101, .29, 1).count());
        assertEquals(28, TrainedSteps.random(101, .2899, 1).count());
        for (int steps = 2; steps < 200; steps++) {
            for (int percent = 1; percent < 100; percent++) {
                int expected = Math.max(1, (steps - 1) * percent / 100);
                assertEquals(
                        expected,
                        TrainedSteps.random(steps, Double.parseDouble("." + (percent < 10 ? "0" : "") + percent), 1)
                                .count());
            }
        }
    }

    @Test
    void dancegrpoTrainsFourteenOfTwentyFourSteps() {
        int[] window = IntStream.range(0, 24).toArray();
        int[] one = TrainedSteps.random(25, .6, 1).of(window, 0, 0);
        assertEquals(14, one.length);
        assertNotEquals(
                Arrays.toString(one),
                Arrays.toString(TrainedSteps.random(25, .6, 1).of(window, 0, 1)));
    }

    @Test
    void impossibleWindowsAreRefusedByKey() {
        assertMessage("window.size", () -> WindowRange.of(4, 5));
        assertMessage("window.size", () -> new WindowRange(4, 4, 0, 3));
        assertMessage("window.last", () -> new WindowRange(4, 1, 0, 5));
        assertMessage("window.first", () -> new WindowRange(4, 1, 3, 3));
        assertMessage("window.size", () -> new WindowRange(9, 4, 3, 6));
        assertMessage("rollout.steps", () -> WindowRange.of(0, 1));
        WindowRange range = WindowRange.of(6, 2);
        assertMessage("window.stride", () -> WindowSchedule.progressive(range, -1, 1, WindowEnd.CLAMP));
        assertMessage("window.shiftInterval", () -> WindowSchedule.progressive(range, 1, 0, WindowEnd.CLAMP));
        assertMessage("window.shiftIntervalMin", () -> WindowSchedule.linearDecay(range, 1, 1, 2, WindowEnd.CLAMP));
        assertMessage("window.decayRate", () -> new Pace.Exponential(2, -1, 0));
        assertMessage("window.starts", () -> WindowSchedule.list(range, List.of(5), 1, WindowEnd.CLAMP));
        assertMessage("window.starts", () -> WindowSchedule.list(range, List.of(), 1, WindowEnd.CLAMP));
        assertMessage("window.fraction", () -> TrainedSteps.random(6, 0, 1));
        assertMessage("window.size", () -> OfficialWindows.random(5, 4, 1));
        for (WindowEnd end : WindowEnd.values()) {
            assertMessage("iteration: expected 0 or more, got -1", () -> WindowSchedule.progressive(range, 1, 3, end)
                    .at(-1));
        }
        assertMessage("iteration", () -> WindowSchedule.random(range, 1).at(-1));
    }

    private static void assertMessage(String part, Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }

    private static int[] starts(WindowSchedule windows, int iterations) {
        return IntStream.range(0, iterations).map(i -> windows.at(i).start()).toArray();
    }
}
