package mixgrpo.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtEnvironment;
import java.util.Map;
import java.util.Random;
import mixgrpo.models.weights.Weights;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** On a GPU: {@code mvn verify -Port-cuda -Dgroups=gpu}. */
@Tag("gpu")
class OrtCudaEngineTest {

    private static final String PROVIDER = "ai/onnxruntime/native/linux-x64/libonnxruntime_providers_cuda.so";
    private static final int WIDTH = 8;
    private static final TestNetwork NETWORK = new TestNetwork(WIDTH, 12);
    /** Sums of 12 products in float32 in another order; the values are of size 1 to 10. */
    private static final float TOLERANCE = 1e-4f;

    private OrtEngine engine;

    @BeforeAll
    static void onlyWithCuda() {
        assumeTrue(OrtEnvironment.class.getClassLoader().getResource(PROVIDER) != null, "this build has no ort-cuda");
    }

    @BeforeEach
    void load() {
        engine = new OrtEngine(
                "mlp",
                OrtDevice.cuda(EngineProbe.cudaDevice()),
                NETWORK.skeleton(),
                NETWORK.parameters(),
                Map.of(),
                NETWORK.weights(1));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private EngineRun bind(int rows) {
        return engine.bind(Map.of("x", new long[] {rows, WIDTH}));
    }

    private static void assertRuns(EngineRun run, int rows, Weights weights) {
        for (int pass = 0; pass < 3; pass++) {
            Random random = new Random(pass);
            float[] x = new float[rows * WIDTH];
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) random.nextGaussian();
            }
            run.set("x", x);
            run.run();
            assertArrayEquals(NETWORK.expected(weights, x), run.get("y"), TOLERANCE, "pass " + pass);
        }
    }

    @Test
    void itComputesWhatTheNetworkSaysInEveryBatch() {
        for (int rows : new int[] {5, 1, 3}) {
            try (EngineRun run = bind(rows)) {
                assertRuns(run, rows, NETWORK.weights(1));
            }
        }
    }

    @Test
    void newWeightsReachRunsThatAreBound() {
        try (EngineRun run = bind(3)) {
            assertRuns(run, 3, NETWORK.weights(1));
            engine.update(NETWORK.weights(2));
            assertRuns(run, 3, NETWORK.weights(2));
        }
    }

    /** An exchange that left its session behind would keep that one's memory pool, of a mebibyte at least. */
    @Test
    void aHundredExchangesTakeNoMemory() {
        engine.update(NETWORK.weights(2));
        Long before = GpuUse.bytes();
        assumeTrue(before != null, "nvidia-smi does not tell the GPU's memory");
        try (EngineRun run = bind(2)) {
            for (int i = 0; i < 100; i++) {
                engine.update(NETWORK.weights(3 + i));
                assertRuns(run, 2, NETWORK.weights(3 + i));
            }
        }
        long taken = GpuUse.bytes() - before;
        assertTrue(taken <= 64L << 20, "%d bytes were taken".formatted(taken));
    }
}
