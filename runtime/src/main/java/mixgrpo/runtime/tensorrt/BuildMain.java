package mixgrpo.runtime.tensorrt;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;

/**
 * The main of the process that builds a plan: {@code BuildMain REQUEST.json}. TensorRT's bindings cannot free what a build takes, so the process
 * ends after one. It reports by {@link BuildMessage}s on standard output, and ends at once when its standard input does: then whoever started it is
 * gone.
 */
public final class BuildMain {

    private static final int FAILED = 1;

    private BuildMain() {}

    /** @param arguments the file of a {@link PlanRequest} */
    public static void main(String[] arguments) {
        PrintStream out = System.out;
        watch(System.in);
        try {
            PlanRequest request = PlanRequest.read(Path.of(arguments[0]));
            new PlanBuilder(request, text -> out.println(new BuildMessage(BuildMessage.Kind.PROGRESS, text))).build();
            out.println(new BuildMessage(BuildMessage.Kind.DONE, request.plan()));
            out.flush();
        } catch (IOException | RuntimeException | LinkageError | OutOfMemoryError e) {
            out.println(
                    new BuildMessage(BuildMessage.Kind.FAILED, e.getMessage() == null ? e.toString() : e.getMessage()));
            e.printStackTrace();
            out.flush();
            Runtime.getRuntime().halt(FAILED); // the library's own threads may never end
        }
        Runtime.getRuntime().halt(0);
    }

    private static void watch(InputStream parent) {
        Thread watcher = new Thread(
                () -> {
                    try {
                        while (parent.read() >= 0) {
                            // nothing is said there
                        }
                    } catch (IOException e) {
                        System.err.println("standard input: " + e.getMessage());
                    }
                    Runtime.getRuntime().halt(FAILED);
                },
                "parent-watch");
        watcher.setDaemon(true);
        watcher.start();
    }
}
