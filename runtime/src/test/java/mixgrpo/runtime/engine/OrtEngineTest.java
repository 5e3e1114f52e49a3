package mixgrpo.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.function.Executable;

class OrtEngineTest {

    private static final Mlp MLP = new Mlp(3, 5);
    private static final Mlp.ArrayWeights OLD = MLP.weights(1);
    private static final Mlp.ArrayWeights NEW = MLP.weights(2);

    @Test
    void anyBatchGivesTheNetworksValues() {
        try (OrtEngine engine = MLP.engine(OLD)) {
            for (int batch : new int[] {1, 2, 7}) {
                float[] x = Mlp.random(new Random(batch), batch * 3);
                Array y = engine.infer(Map.of("x", Array.of(x, batch, 3))).get("y");
                assertArrayEquals(new long[] {batch, 3}, y.shape());
                assertArrayEquals(MLP.expected(OLD, x), y.values(), 1e-5f);
            }
        }
    }

    @Test
    void portsTellNamesKindsAndSymbols() {
        try (OrtEngine engine = MLP.engine(OLD)) {
            assertEquals(List.of(new Port("x", false, List.of("batch", "3"))), engine.inputs());
            assertEquals(List.of(new Port("y", false, List.of("batch", "3"))), engine.outputs());
        }
    }

    @Test
    void boundRunUsesNewWeightsAfterUpdate() {
        float[] x = {1, -2, 0.5f};
        try (OrtEngine engine = MLP.engine(OLD);
                EngineRun run = engine.bind(Map.of("x", new long[] {1, 3}))) {
            run.set("x", x);
            run.run();
            assertArrayEquals(MLP.expected(OLD, x), run.get("y"), 1e-5f);
            engine.update(NEW);
            run.run();
            assertArrayEquals(MLP.expected(NEW, x), run.get("y"), 1e-5f);
            engine.update(OLD);
            run.run();
            assertArrayEquals(MLP.expected(OLD, x), run.get("y"), 1e-5f);
        }
    }

    @Test
    void updateBesideRunsGivesOldOrNewValuesOnly() throws Exception {
        float[] x = {1, -2, 0.5f};
        float[] before = MLP.expected(OLD, x);
        float[] after = MLP.expected(NEW, x);
        try (OrtEngine engine = MLP.engine(OLD);
                EngineRun run = engine.bind(Map.of("x", new long[] {1, 3}))) {
            run.set("x", x);
            CompletableFuture<Void> updates = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < 20; i++) {
                    engine.update(i % 2 == 0 ? NEW : OLD);
                }
            });
            do {
                run.run();
                float[] y = run.get("y");
                assertTrue(near(y, before) || near(y, after), () -> Arrays.toString(y));
            } while (!updates.isDone());
            updates.get();
        }
    }

    @Test
    void inputsStaySetBetweenRuns() {
        OnnxBytes graph = new OnnxBytes()
                .input("a", OnnxBytes.FLOAT, "n")
                .input("b", OnnxBytes.FLOAT, "n")
                .output("sum", OnnxBytes.FLOAT, "n")
                .node("Add", "sum", "a", "b");
        try (OrtEngine engine = new OrtEngine("sum", graph.model());
                EngineRun run = engine.bind(Map.of("a", new long[] {2}, "b", new long[] {2}))) {
            run.set("a", new float[] {1, 2});
            for (float b : new float[] {10, 20}) {
                run.set("b", new float[] {b, b});
                run.run();
                assertArrayEquals(new float[] {1 + b, 2 + b}, run.get("sum"));
            }
        }
    }

    @Test
    void closedRunRefusesToRunAndMayBeClosedAgain() {
        try (OrtEngine engine = MLP.engine(OLD)) {
            EngineRun run = engine.bind(Map.of("x", new long[] {1, 3}));
            run.set("x", new float[3]);
            run.close();
            run.close();
            assertError(IllegalStateException.class, "engine 'mlp': this run is closed", run::run);
        }
    }

    @Test
    void idsCrossAsWholeFloats() {
        OnnxBytes graph = new OnnxBytes()
                .input("a", OnnxBytes.INT64, "n")
                .input("b", OnnxBytes.INT64, "n")
                .output("sum", OnnxBytes.INT64, "n")
                .node("Add", "sum", "a", "b");
        try (OrtEngine engine = new OrtEngine("ids", graph.model());
                EngineRun run = engine.bind(Map.of("a", new long[] {2}, "b", new long[] {2}))) {
            assertTrue(engine.inputs().get(0).ids());
            run.set("a", new float[] {1, 16_000_000});
            run.set("b", new float[] {30_000, -1});
            run.run();
            assertArrayEquals(new float[] {30_001, 15_999_999}, run.get("sum"));
            assertError(
                    IllegalArgumentException.class,
                    "'a': expected whole numbers, got 0.5 at 1",
                    () -> run.set("a", new float[] {1, 0.5f}));
        }
    }

    @Test
    void outputShapeThatInputsDoNotTellIsKnownAfterTheFirstRun() {
        OnnxBytes graph = new OnnxBytes()
                .input("a", OnnxBytes.FLOAT, "n", "m")
                .input("b", OnnxBytes.FLOAT, "m", "k")
                .output("product", OnnxBytes.FLOAT, "rows", "columns")
                .output("ones", OnnxBytes.INT64, "rank")
                .node("MatMul", "product", "a", "b")
                .node("Shape", "ones", "a");
        try (OrtEngine engine = new OrtEngine("product", graph.model());
                EngineRun run = engine.bind(Map.of("a", new long[] {1, 2}, "b", new long[] {2, 3}))) {
            run.set("a", new float[] {1, 2});
            run.set("b", new float[] {1, 2, 3, 4, 5, 6});
            for (int repeat = 0; repeat < 2; repeat++) {
                run.run();
                assertArrayEquals(new long[] {1, 3}, run.shape("product"));
                assertArrayEquals(new float[] {9, 12, 15}, run.get("product"));
                assertArrayEquals(new float[] {1, 2}, run.get("ones"));
            }
        }
    }

    @Test
    void weightsThatDoNotFitAreAllNamedAndChangeNothing() {
        Mlp.ArrayWeights wrong = MLP.weights(3);
        wrong.shapes().remove("up.bias");
        wrong.put("down.weight", new long[] {3, 5}, new float[15]);
        wrong.put("another.key", new long[] {1}, new float[1]);
        float[] x = {1, -2, 0.5f};
        try (OrtEngine engine = MLP.engine(OLD)) {
            String message = assertThrows(IllegalArgumentException.class, () -> engine.update(wrong))
                    .getMessage();
            assertTrue(message.contains("engine 'mlp': 3 weights do not fit"), message);
            assertTrue(message.contains("'up.bias': expected shape [5], missing"), message);
            assertTrue(message.contains("'down.weight': expected shape [5, 3], got [3, 5]"), message);
            assertTrue(message.contains("'another.key': the engine has no such weight"), message);
            assertArrayEquals(
                    MLP.expected(OLD, x),
                    engine.infer(Map.of("x", Array.of(x, 1, 3))).get("y").values(),
                    1e-5f);
        }
        String message = assertThrows(IllegalArgumentException.class, () -> MLP.engine(wrong))
                .getMessage();
        assertTrue(message.contains("engine 'mlp': 2 weights do not fit"), message);
        assertFalse(message.contains("another.key"), message);
    }

    /** Every weight an input. */
    private static OrtEngine fed(Weights weights) {
        return new OrtEngine(
                "mlp", MLP.graphOfInputs().model(), Map.of(), MLP.graph().parameters(), weights);
    }

    private static float[] infer(OrtEngine engine, float[] x) {
        return engine.infer(Map.of("x", Array.of(x, 1, 3))).get("y").values();
    }

    @Test
    void weightsAsInputsAreExchangedInPlace() {
        float[] x = {1, -2, 0.5f};
        try (OrtEngine engine = fed(OLD)) {
            assertEquals(List.of("x"), engine.inputs().stream().map(Port::name).toList());
            assertArrayEquals(MLP.expected(OLD, x), infer(engine, x), 1e-5f);
            engine.update(NEW);
            assertArrayEquals(MLP.expected(NEW, x), infer(engine, x), 1e-5f);
        }
    }

    @Test
    void anExchangeThatFailsHalfwayStopsTheEngineUntilAWholeOne() {
        Mlp.ArrayWeights broken = MLP.weights(4);
        broken.values().remove("down.bias"); // the last of four
        float[] x = {1, -2, 0.5f};
        try (OrtEngine engine = fed(OLD)) {
            assertError(
                    IllegalStateException.class,
                    "'down.bias' could not be read after 3 of 4 weights",
                    () -> engine.update(broken));
            assertError(IllegalStateException.class, "exchanged in part only", () -> infer(engine, x));
            engine.update(NEW);
            assertArrayEquals(MLP.expected(NEW, x), infer(engine, x), 1e-5f);
        }
    }

    @Test
    void graphWithItsOwnWeightsRefusesUpdates() {
        OnnxBytes graph = new OnnxBytes()
                .input("a", OnnxBytes.FLOAT, "n")
                .output("b", OnnxBytes.FLOAT, "n")
                .node("Neg", "b", "a");
        try (OrtEngine engine = new OrtEngine("negative", graph.model())) {
            assertError(IllegalStateException.class, "weights inside its graph", () -> engine.update(OLD));
        }
    }

    @Test
    void shapesAreCheckedAgainstThePorts() {
        OnnxBytes graph = new OnnxBytes()
                .input("a", OnnxBytes.FLOAT, "n", 2)
                .input("b", OnnxBytes.FLOAT, "n", 2)
                .output("sum", OnnxBytes.FLOAT, "n", 2)
                .node("Add", "sum", "a", "b");
        long[] good = {4, 2};
        try (OrtEngine engine = new OrtEngine("sum", graph.model())) {
            assertRefused("expected shapes of the inputs [a, b], got shapes of [a]", engine, Map.of("a", good));
            assertRefused("got shapes of", engine, Map.of("a", good, "c", good));
            assertRefused("engine 'sum': input 'b'", engine, Map.of("a", good, "b", new long[] {4}));
            assertRefused("expected 2 at axis 1", engine, Map.of("a", good, "b", new long[] {4, 3}));
            assertRefused("expected 4 at axis 0 (n)", engine, Map.of("a", good, "b", new long[] {5, 2}));
            assertRefused("expected 1 or more", engine, Map.of("a", new long[] {0, 2}, "b", good));
        }
    }

    @Test
    void misusedRunSaysWhatIsWrong() {
        OrtEngine engine = MLP.engine(OLD);
        try (EngineRun run = engine.bind(Map.of("x", new long[] {2, 3}))) {
            assertError(IllegalStateException.class, "inputs [x] were never set", run::run);
            assertError(IllegalStateException.class, "before the first run", () -> run.get("y"));
            assertError(
                    IllegalArgumentException.class,
                    "engine 'mlp' has no input 'z'; inputs: [x]",
                    () -> run.set("z", new float[6]));
            assertError(
                    IllegalArgumentException.class,
                    "'x': expected 6 values for shape [2, 3], got 5",
                    () -> run.set("x", new float[5]));
            run.set("x", new float[6]);
            run.run();
            assertError(IllegalArgumentException.class, "has no output 'z'; outputs: [y]", () -> run.get("z"));
            assertError(
                    IllegalArgumentException.class,
                    "'y': expected 6 values for shape [2, 3], got 7",
                    () -> run.get("y", new float[7]));
            engine.close();
            engine.close();
            assertError(IllegalStateException.class, "engine 'mlp' is closed: no run", run::run);
            assertError(IllegalStateException.class, "engine 'mlp' is closed: no update", () -> engine.update(NEW));
        }
    }

    @Test
    void graphsThatCannotRunAreRefused() {
        assertError(
                IllegalArgumentException.class,
                "engine 'noise': ONNX Runtime does not take this graph",
                () -> new OrtEngine("noise", new byte[] {1, 2, 3}));
        OnnxBytes doubles = new OnnxBytes()
                .input("a", OnnxBytes.DOUBLE, "n")
                .output("b", OnnxBytes.DOUBLE, "n")
                .node("Neg", "b", "a");
        assertError(
                IllegalArgumentException.class,
                "engine 'doubles': 'a': expected a tensor of float32 or int64",
                () -> new OrtEngine("doubles", doubles.model()));
    }

    /** 200 engines of 8 MB with one update each: a leak of either session would show as 1.6 GB. */
    @Test
    @Tag("slow")
    @EnabledOnOs(OS.LINUX)
    void closedEnginesGiveTheirMemoryBack() throws Exception {
        Mlp mlp = new Mlp(512, 2048);
        Mlp.ArrayWeights weights = mlp.weights(1);
        float[] x = new float[512];
        long settled = 0;
        for (int cycle = 0; cycle < 200; cycle++) {
            try (OrtEngine engine = mlp.engine(weights);
                    EngineRun run = engine.bind(Map.of("x", new long[] {1, 512}))) {
                run.set("x", x);
                run.run();
                engine.update(weights);
                run.run();
            }
            if (cycle == 20) {
                settled = residentMiB();
            }
        }
        long grown = residentMiB() - settled;
        assertTrue(grown < 64, "resident memory grew by " + grown + " MiB over 180 cycles");
    }

    private static long residentMiB() throws Exception {
        String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ");
        return Long.parseLong(pages[1]) * 4096 >> 20;
    }

    private static boolean near(float[] a, float[] b) {
        for (int i = 0; i < a.length; i++) {
            if (Math.abs(a[i] - b[i]) > 1e-4) {
                return false;
            }
        }
        return true;
    }

    private static void assertRefused(String part, OrtEngine engine, Map<String, long[]> shapes) {
        assertError(IllegalArgumentException.class, part, () -> engine.bind(shapes));
    }

    private static void assertError(Class<? extends Exception> type, String part, Executable use) {
        String message = assertThrows(type, use).getMessage();
        assertTrue(message.contains(part), () -> "expected '" + part + "' in: " + message);
    }
}
