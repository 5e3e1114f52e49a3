package mixgrpo.runtime.tensorrt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import mixgrpo.runtime.engine.EngineCache;
import mixgrpo.runtime.engine.EngineKey;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlansTest {

    private static final Plans.Machine MACHINE = new Plans.Machine("11.2", "NVIDIA H100", "580.1", 0);

    @TempDir
    private Path folder;

    private final List<PlanRequest> requests = new ArrayList<>();
    private final PlanGraph graph = TestGraph.graph();

    /** Builds by writing the profile into the plan. */
    private void fake(Path request) throws IOException {
        PlanRequest read = PlanRequest.read(request);
        requests.add(read);
        Files.writeString(Path.of(read.plan()), read.profile());
    }

    private Plans plans(Plans.Machine machine, PlanOptions options) {
        return new Plans(
                new EngineCache(folder),
                options,
                Optional.empty(),
                machine,
                (request, progress) -> fake(request),
                text -> {});
    }

    private Plans plans;

    @BeforeEach
    void open() {
        plans = plans(MACHINE, PlanOptions.DEFAULT);
    }

    private static Map<String, long[]> rows(long count) {
        return Map.of("x", new long[] {count, TestGraph.WIDTH});
    }

    private EngineCache.Entry require(Plans of, long rows) throws IOException {
        try (StoredWeights weights = new StoredWeights(folder, graph.fixed(), TestGraph.weights(1))) {
            return of.require(graph, weights, rows(rows));
        }
    }

    @Test
    void aPlanIsBuiltOnceAndServesSmallerBatches() throws IOException {
        EngineCache.Entry built = require(plans, 4);
        assertEquals(built.folder(), require(plans, 4).folder());
        assertEquals(built.folder(), require(plans, 1).folder());
        assertEquals(1, requests.size());
        assertEquals("x:1x8 x:4x8 x:4x8", Files.readString(built.file(Plans.FILE)));
        EngineCache.Entry larger = require(plans, 6);
        assertNotEquals(built.folder(), larger.folder());
        assertEquals(larger.folder(), require(plans, 2).folder(), "the one that runs with the most");
        assertEquals(2, requests.size());
    }

    @Test
    void howAPlanWasTunedDoesNotMatterToWhoNeedsOne() throws IOException {
        EngineCache.Entry tuned = require(plans(MACHINE, new PlanOptions(true, true, 1 << 20, 5)), 4);
        assertEquals(tuned.folder(), require(plans, 4).folder());
        assertTrue(tuned.key().engine().startsWith("tensorrt, refit, level 5, workspace 1048576, stripped"));
    }

    @Test
    void aPlanForAnotherMachineOrLibraryIsNamedAndNotUsed() throws IOException {
        require(plans(new Plans.Machine("11.1", "NVIDIA H100", "580.1", 0), PlanOptions.DEFAULT), 4);
        require(plans(new Plans.Machine("11.2", "NVIDIA A10", "580.1", 0), PlanOptions.DEFAULT), 4);
        require(plans(new Plans.Machine("11.2", "NVIDIA H100", "590.2", 0), PlanOptions.DEFAULT), 4);
        assertEquals(Optional.empty(), plans.find(graph, rows(4)));
        EngineKey key = plans.key(graph, ShapeProfile.upTo(graph.inputs(), rows(4)));
        String stale = plans.cache().stale(graph.entry(), key).toString();
        assertTrue(stale.contains("version is '11.1', wanted '11.2'"), stale);
        assertTrue(stale.contains("device is 'NVIDIA A10', wanted 'NVIDIA H100'"), stale);
        assertTrue(stale.contains("driver is '590.2', wanted '580.1'"), stale);
    }

    @Test
    void weightsAreNoPartOfTheKeyAndTheGraphIs() {
        ShapeProfile profile = ShapeProfile.upTo(graph.inputs(), rows(4));
        EngineKey key = plans.key(graph, profile);
        assertEquals("", key.weights());
        PlanGraph other = new PlanGraph(
                "mlp", "mlp", new byte[] {1}, "fp32", graph.inputs(), graph.outputs(), graph.fixed(), Map.of());
        assertNotEquals(key.graph(), plans.key(other, profile).graph());
        assertNotEquals(
                key.id(),
                plans.key(graph, ShapeProfile.upTo(graph.inputs(), rows(5))).id());
    }

    @Test
    void aRequestSaysWhereEveryWeightLies() throws IOException {
        require(plans, 4);
        PlanRequest request = requests.get(0);
        assertEquals(graph.fixed().keySet(), request.places().keySet());
        long end = 0;
        for (Map.Entry<String, PlanRequest.Place> place : request.places().entrySet()) {
            assertTrue(place.getValue().offset() >= end, place.getKey());
            assertEquals(
                    graph.fixed().get(place.getKey()).bytes(), place.getValue().bytes());
            end = place.getValue().offset() + place.getValue().bytes();
        }
        assertEquals("x:1x8 x:4x8 x:4x8", request.profile());
    }

    @Test
    void aBuildThatFailsLeavesNothing() throws IOException {
        Plans failing = new Plans(
                new EngineCache(folder),
                PlanOptions.DEFAULT,
                Optional.empty(),
                MACHINE,
                (request, progress) -> {
                    throw new IllegalStateException("no kernel fits");
                },
                text -> {});
        assertThrows(IllegalStateException.class, () -> require(failing, 4));
        Plans forgetful = new Plans(
                new EngineCache(folder),
                PlanOptions.DEFAULT,
                Optional.empty(),
                MACHINE,
                (request, progress) -> {},
                text -> {});
        assertThrows(IllegalStateException.class, () -> require(forgetful, 4));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(), files.toList());
        }
    }

    @Test
    void anInterruptedBuildLeavesTheThreadInterrupted() {
        Plans interrupted = new Plans(
                new EngineCache(folder),
                PlanOptions.DEFAULT,
                Optional.empty(),
                MACHINE,
                (request, progress) -> {
                    throw new InterruptedException();
                },
                text -> {});
        assertThrows(IllegalStateException.class, () -> require(interrupted, 4));
        assertTrue(Thread.interrupted());
    }

    @Test
    void numbersOutOfRangeAreRefusedByOption() {
        for (int level : new int[] {-1, 6}) {
            assertTrue(assertThrows(IllegalArgumentException.class, () -> new PlanOptions(false, false, 0, level))
                    .getMessage()
                    .startsWith("--builder-optimization-level: expected 0..5"));
        }
        assertThrows(IllegalArgumentException.class, () -> new PlanOptions(false, false, -1, 3));
    }
}
