package mixgrpo.runtime.tensorrt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import mixgrpo.runtime.process.JavaProcess;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class BuildProcessTest {

    @TempDir
    private Path folder;

    private final List<String> progress = new CopyOnWriteArrayList<>();

    private void run(String end) throws IOException, InterruptedException {
        new BuildProcess(request -> JavaProcess.of(FakeBuild.class, List.of(end, request.toString())))
                .run(folder.resolve("request.json"), progress::add);
    }

    private String failure(String end) {
        return assertThrows(IllegalStateException.class, () -> run(end)).getMessage();
    }

    @Test
    void linesAreReadBackAndOthersAreTheLibrarys() {
        BuildMessage message = new BuildMessage(BuildMessage.Kind.FAILED, "two\n lines: of it");
        assertEquals("two lines: of it", message.text());
        assertEquals(Optional.of(message), BuildMessage.parse(message.toString()));
        assertEquals(Optional.empty(), BuildMessage.parse("DONE: plan"));
    }

    @Test
    void aBuildThatIsDoneLeavesItsPlanAndTellsItsProgress() throws Exception {
        run("done");
        assertEquals("plan", Files.readString(folder.resolve("plan")));
        assertEquals(List.of("reading the graph"), progress);
    }

    @Test
    void aBuildThatFailsSaysWhy() {
        String failed = failure("failed");
        assertTrue(failed.startsWith("TensorRT builds no plan: no kernel fits\n"), failed);
        assertTrue(failed.contains("a line of the library's own"), failed);
        assertTrue(failed.contains("a line of its errors"), failed);
    }

    @Test
    void aBuildThatDiesOrSaysNothingIsAFailure() {
        String crash = failure("crash");
        assertTrue(crash.startsWith("TensorRT builds no plan: the process ended with code 134"), crash);
        String silent = failure("silent");
        assertTrue(silent.startsWith("TensorRT builds no plan: the process ended with code 0"), silent);
    }

    @Test
    @Timeout(60)
    void anInterruptTakesTheProcessDown() throws Exception {
        AtomicReference<Throwable> end = new AtomicReference<>();
        Thread waiting = new Thread(() -> {
            try {
                run("endless");
            } catch (Throwable e) {
                end.set(e);
            }
        });
        waiting.start();
        long pid = pid();
        waiting.interrupt();
        waiting.join();
        assertInstanceOf(InterruptedException.class, end.get());
        Optional<ProcessHandle> process = ProcessHandle.of(pid);
        if (process.isPresent()) {
            process.get().onExit().get(10, TimeUnit.SECONDS);
            assertFalse(process.get().isAlive());
        }
    }

    private long pid() throws IOException, InterruptedException {
        Path file = folder.resolve("pid");
        while (!Files.exists(file) || Files.size(file) == 0) {
            Thread.sleep(20);
        }
        return Long.parseLong(Files.readString(file));
    }

    @Test
    @Timeout(120)
    void theRealProcessSaysWhyItCannotBuildHere() throws IOException {
        Assumptions.assumeTrue(TensorRt.failure(0).isPresent(), "TensorRT starts here");
        Path request = folder.resolve("request.json");
        PlanGraph graph = TestGraph.graph();
        try (StoredWeights weights = new StoredWeights(folder, graph.fixed(), TestGraph.weights(1))) {
            ShapeProfile profile = ShapeProfile.upTo(graph.inputs(), Map.of("x", new long[] {2, TestGraph.WIDTH}));
            request = PlanRequest.write(
                    folder, graph, weights, profile, PlanOptions.DEFAULT, Optional.empty(), folder.resolve("plan"), 0);
        }
        Path written = request;
        String failed = assertThrows(IllegalStateException.class, () -> BuildProcess.ofThisJava()
                        .run(written, progress::add))
                .getMessage();
        assertTrue(
                failed.startsWith("TensorRT builds no plan: TensorRT does not start on GPU 0: "
                        + TensorRt.failure(0).orElseThrow()),
                failed);
        assertFalse(Files.exists(folder.resolve("plan")));
    }
}
