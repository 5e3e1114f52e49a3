package mixgrpo.runtime.tensorrt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.EngineCache;
import mixgrpo.runtime.engine.EngineRun;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.SizeTPointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a GPU: {@code mvn verify -Ptensorrt -Dgroups=gpu}. */
@Tag("gpu")
class TensorRtEngineTest {

    /** Sums of 12 products in float32 in another order; the values are of size 1 to 10. */
    private static final float TOLERANCE = 1e-4f;

    @TempDir
    private Path folder;

    private TensorRtEngine engine;

    @BeforeAll
    static void onlyWithTensorRt() {
        assumeTrue(TensorRt.class.getClassLoader().getResource(TensorRt.LIBRARY) != null, "this build has no TensorRT");
    }

    @BeforeEach
    void load() {
        engine = engine(PlanOptions.DEFAULT);
    }

    private TensorRtEngine engine(PlanOptions options) {
        Plans.Machine machine = new Plans.Machine(TensorRt.version(), "GPU of the test", "its driver", 0);
        Plans plans =
                Plans.of(new EngineCache(folder), options, Optional.of(folder.resolve("timings")), machine, text -> {});
        return new TensorRtEngine(TestGraph.graph(), TestGraph.weights(1), plans);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private static float[] input(int rows, long seed) {
        Random random = new Random(seed);
        float[] x = new float[rows * TestGraph.WIDTH];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    private EngineRun bind(int rows) {
        return engine.bind(Map.of("x", new long[] {rows, TestGraph.WIDTH}));
    }

    private void assertRuns(EngineRun run, int rows, Weights weights) {
        for (int pass = 0; pass < 4; pass++) { // plain, recorded, launched again
            float[] x = input(rows, pass);
            run.set("x", x);
            run.run();
            assertArrayEquals(TestGraph.expected(weights, x), run.get("y"), TOLERANCE, "pass " + pass);
        }
    }

    @Test
    void itComputesWhatTheNetworkSaysInEveryBatch() {
        for (int rows : new int[] {5, 1, 3}) {
            try (EngineRun run = bind(rows)) {
                assertRuns(run, rows, TestGraph.weights(1));
            }
        }
    }

    @Test
    void newWeightsReachRunsThatAreBound() {
        try (EngineRun run = bind(3)) {
            assertRuns(run, 3, TestGraph.weights(1));
            engine.update(TestGraph.weights(2));
            assertRuns(run, 3, TestGraph.weights(2));
            engine.update(oneChanged());
            assertRuns(run, 3, oneChanged());
        }
    }

    /** All of seed 2 but one bias. */
    private static Weights oneChanged() {
        Weights all = TestGraph.weights(2);
        Weights other = TestGraph.weights(3);
        return new Weights() {
            @Override
            public Map<String, long[]> shapes() {
                return all.shapes();
            }

            @Override
            public void read(String key, FloatBuffer target) {
                (key.equals("up.bias") ? other : all).read(key, target);
            }
        };
    }

    @Test
    void aPlanWithoutWeightsIsGivenThem() {
        TensorRtEngine stripped = engine(new PlanOptions(true, false, 0, 3));
        try (EngineRun run = stripped.bind(Map.of("x", new long[] {2, TestGraph.WIDTH}))) {
            assertRuns(run, 2, TestGraph.weights(1));
        } finally {
            stripped.close();
        }
    }

    @Test
    void keysThatAreNotItsOwnChangeNothing() {
        Weights less = new Weights() {
            @Override
            public Map<String, long[]> shapes() {
                return Map.of("up.bias", new long[] {12});
            }

            @Override
            public void read(String key, FloatBuffer target) {
                throw new AssertionError("read " + key);
            }
        };
        assertThrows(IllegalArgumentException.class, () -> engine.update(less));
        try (EngineRun run = bind(2)) {
            assertRuns(run, 2, TestGraph.weights(1));
        }
    }

    @Test
    void aHundredExchangesTakeNoMemory() {
        try (EngineRun run = bind(2)) {
            assertRuns(run, 2, TestGraph.weights(1));
            engine.update(TestGraph.weights(2));
            run.run();
            long before = free();
            for (int i = 0; i < 100; i++) {
                engine.update(TestGraph.weights(3 + i));
                run.run();
            }
            long taken = before - free();
            assertTrue(
                    taken <= 4 << 20, "%d bytes were taken".formatted(taken)); // CUDA takes memory in pieces of 2 MiB
            assertRuns(run, 2, TestGraph.weights(102));
        }
    }

    private static long free() {
        try (SizeTPointer free = new SizeTPointer(1);
                SizeTPointer all = new SizeTPointer(1)) {
            assertEquals(cudart.cudaSuccess, cudart.cudaMemGetInfo(free, all));
            return free.get();
        }
    }

    @Test
    void aPlanTellsItsLayers() throws Exception {
        try (EngineRun run = bind(2)) {
            Path plan = new EngineCache(folder).entries("mlp").get(0).file(Plans.FILE);
            assertTrue(PlanInspection.layers(plan, 0).contains("Layers"));
            assertRuns(run, 2, TestGraph.weights(1));
        }
    }
}
