package mixgrpo.runtime.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import mixgrpo.runtime.engine.EngineLoader;

/** Embeddings from files; those that are missing are made first, by encoders that are open only meanwhile. */
public final class CachedEncoder implements PromptEncoder {

    private final TextSide side;
    private final EngineLoader engines;
    private final EmbeddingFiles files;
    private final CutPrompts cuts = new CutPrompts();

    CachedEncoder(TextSide side, EngineLoader engines, EmbeddingFiles files) {
        this.side = side;
        this.engines = engines;
        this.files = files;
    }

    @Override
    public int length() {
        return side.sizes().length();
    }

    @Override
    public int width() {
        return side.sizes().width();
    }

    @Override
    public int pooledWidth() {
        return side.sizes().pooledWidth();
    }

    @Override
    public List<TextEmbedding> encode(List<String> prompts, IntConsumer progress) {
        prepare(prompts, progress);
        try {
            List<TextEmbedding> embeddings = new ArrayList<>(prompts.size());
            for (String prompt : prompts) {
                embeddings.add(files.read(prompt));
            }
            return embeddings;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void prepare(List<String> prompts, IntConsumer progress) {
        List<String> missing = missing(prompts);
        int there = prompts.size() - missing.size();
        try {
            if (missing.isEmpty()) {
                progress.accept(there);
            } else {
                make(missing, done -> progress.accept(there + done));
            }
            for (String prompt : prompts) {
                files.lost(prompt).forEach((reader, lost) -> cuts.note(reader, prompt, lost));
            }
            cuts.warn(prompts.size());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those of the prompts, each once, that the encoders have to be opened for. */
    public List<String> missing(List<String> prompts) {
        return prompts.stream().distinct().filter(prompt -> !files.has(prompt)).toList();
    }

    /** Every one is written when it is made, so that an interrupted run has to make only the rest. */
    private void make(List<String> prompts, IntConsumer progress) throws IOException {
        try (TextSide.Encoder encoder = side.open(engines)) {
            for (int i = 0; i < prompts.size(); i++) {
                files.write(prompts.get(i), encoder.read(prompts.get(i)));
                progress.accept(i + 1);
            }
        }
    }

    @Override
    public void close() {
        // Encoders are open within a call only.
    }
}
