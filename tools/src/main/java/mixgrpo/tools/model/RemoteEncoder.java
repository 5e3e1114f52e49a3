package mixgrpo.tools.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.runtime.text.CachedEncoder;
import mixgrpo.runtime.text.PromptEncoder;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.failure.RunFailedException;

/** Embeddings from a cache, which another process fills; see {@link TextProcess}. */
final class RemoteEncoder implements PromptEncoder {

    /** As many as a list of problems has; see {@link mixgrpo.models.weights.Problems#message}. */
    private static final int TOLD_LINES = 22;

    private final CachedEncoder cached;
    private final Supplier<ProcessBuilder> reader;

    /**
     * @param cached closed with this
     * @param reader makes a process that fills the cache
     */
    RemoteEncoder(CachedEncoder cached, Supplier<ProcessBuilder> reader) {
        this.cached = cached;
        this.reader = reader;
    }

    @Override
    public int length() {
        return cached.length();
    }

    @Override
    public int width() {
        return cached.width();
    }

    @Override
    public int pooledWidth() {
        return cached.pooledWidth();
    }

    @Override
    public List<TextEmbedding> encode(List<String> prompts, IntConsumer progress) {
        prepare(prompts, progress);
        return cached.encode(prompts, done -> {});
    }

    @Override
    public void prepare(List<String> prompts, IntConsumer progress) {
        List<String> missing = cached.missing(prompts);
        if (!missing.isEmpty()) {
            int there = prompts.size() - missing.size();
            try {
                fill(missing, done -> progress.accept(there + done));
            } catch (IOException e) {
                throw new UncheckedIOException("the process that reads prompts cannot be talked to", e);
            }
        }
        cached.prepare(prompts, missing.isEmpty() ? progress : done -> {});
    }

    private void fill(List<String> prompts, IntConsumer progress) throws IOException {
        Process process = reader.get().redirectErrorStream(true).start();
        Deque<String> said = new ArrayDeque<>();
        IOException unread = null;
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            try (OutputStream out = process.getOutputStream()) {
                out.write(new ObjectMapper().writeValueAsBytes(prompts));
            } catch (IOException e) {
                unread = e; // it has ended before it read all; its code and last words say why
            }
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.matches(TextProcess.READ + "[0-9]{1,9}")) {
                    progress.accept(Integer.parseInt(line.substring(TextProcess.READ.length())));
                } else {
                    said.add(line);
                    if (said.size() > TOLD_LINES) {
                        said.remove();
                    }
                }
            }
            end(process.waitFor(), String.join(System.lineSeparator(), said));
            if (unread != null) {
                throw unread;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RunFailedException("interrupted while prompts were read", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static void end(int code, String said) {
        if (code == TextProcess.GIVEN) {
            throw new GivenException(said);
        } else if (code == TextProcess.UNAVAILABLE) {
            throw new EngineUnavailableException(said);
        } else if (code != 0) {
            throw new RunFailedException(
                    "the process that reads prompts ended with code %d%s: %s"
                            .formatted(
                                    code,
                                    code == 137 ? ", so it was killed, perhaps for want of memory" : "",
                                    said.isEmpty() ? "it said nothing" : said),
                    null);
        }
    }

    @Override
    public void close() {
        cached.close();
    }
}
