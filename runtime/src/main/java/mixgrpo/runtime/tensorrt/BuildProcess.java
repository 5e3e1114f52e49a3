package mixgrpo.runtime.tensorrt;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import mixgrpo.runtime.process.JavaProcess;

/**
 * Runs the process that builds a plan, and takes it down with this one's interest in it: when the thread that waits is interrupted, and, by the end
 * of its standard input, when this process ends in any way.
 *
 * @param starter of it, for the file of a request
 */
record BuildProcess(Function<Path, ProcessBuilder> starter) {

    private static final int LAST_LINES = 8;

    /** With this process's Java, class path and settings. */
    static BuildProcess ofThisJava() {
        return new BuildProcess(request -> JavaProcess.of(BuildMain.class, List.of(request.toString())));
    }

    /**
     * Waits for the plan of a request.
     *
     * @param progress told what the process says that it does
     * @throws IOException if the process cannot be started
     * @throws IllegalStateException if it does not make the plan; says why, with the last lines that it wrote
     * @throws InterruptedException if this thread is interrupted; the process is gone then
     */
    void run(Path request, Consumer<String> progress) throws IOException, InterruptedException {
        Path errors = request.resolveSibling("build.log");
        Process process = starter.apply(request).redirectError(errors.toFile()).start();
        List<String> said = new ArrayList<>();
        try {
            CompletableFuture<Optional<BuildMessage>> last =
                    CompletableFuture.supplyAsync(() -> read(process, said, progress), task -> {
                        Thread reader = new Thread(task, "tensorrt-build");
                        reader.setDaemon(true);
                        reader.start();
                    });
            int code = process.waitFor();
            Optional<BuildMessage> end = last.join();
            if (code != 0 || end.isEmpty() || end.get().kind() != BuildMessage.Kind.DONE) {
                throw failure(code, end, said, errors);
            }
        } finally {
            process.destroyForcibly();
        }
    }

    /** The message that the process ended with. */
    private static Optional<BuildMessage> read(Process process, List<String> said, Consumer<String> progress) {
        Optional<BuildMessage> end = Optional.empty();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Optional<BuildMessage> message = BuildMessage.parse(line);
                if (message.isEmpty()) {
                    said.add(line);
                } else if (message.get().kind() == BuildMessage.Kind.PROGRESS) {
                    progress.accept(message.get().text());
                } else {
                    end = message;
                }
            }
        } catch (IOException e) { // the process was taken down
            said.add("its output ended: " + e.getMessage());
        }
        return end;
    }

    private static IllegalStateException failure(int code, Optional<BuildMessage> end, List<String> said, Path errors)
            throws IOException {
        List<String> lines = new ArrayList<>(said);
        if (Files.exists(errors)) {
            lines.addAll(Files.readAllLines(errors, StandardCharsets.ISO_8859_1));
        }
        String reason = end.filter(message -> message.kind() == BuildMessage.Kind.FAILED)
                .map(BuildMessage::text)
                .orElse("the process ended with code %d and made none".formatted(code));
        List<String> tail = lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size());
        return new IllegalStateException("TensorRT builds no plan: %s%s"
                .formatted(reason, tail.isEmpty() ? "" : "\n  " + String.join("\n  ", tail)));
    }
}
