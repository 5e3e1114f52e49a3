package mixgrpo.tools.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.ReadProgress;
import mixgrpo.runtime.text.CachedEncoder;
import mixgrpo.runtime.text.FolderEncoders;
import mixgrpo.runtime.text.PromptEncoder;

/**
 * The text encoders of a model folder. Embeddings are kept for all engines alike: every engine computes them in float32, and they differ by rounding. On a GPU new prompts are read in a process of its own, because not all engines give its memory back when
 * they are closed.
 */
record FolderText(ModelFolder folder, Architecture architecture) implements ModelText {

    /** System property: {@code true} for a process of its own on the CPU, too. */
    static final String APART = "mixgrpo.text.process";

    @Override
    public boolean isBuiltIn() {
        return false;
    }

    @Override
    public int length() {
        return architecture.textLength();
    }

    @Override
    public int positions(int length) {
        try {
            return FolderEncoders.positions(folder, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public long parameters() throws IOException {
        long parameters = 0;
        for (String part : folder.parts().keySet()) {
            if (part.matches("text_encoder(_\\d)?")) {
                try (Component encoder = folder.open(part)) {
                    parameters += encoder.weights().shapes().values().stream()
                            .mapToLong(Array::elements)
                            .sum();
                }
            }
        }
        return parameters;
    }

    @Override
    public PromptEncoder openCached(EngineKind kind, int length, ReadProgress progress) throws IOException {
        CachedEncoder cached = FolderEncoders.cached(folder, length, kind::load, CacheFolder.text(), progress);
        boolean apart = kind != EngineKind.ORT_CPU || Boolean.getBoolean(APART);
        return checked(apart ? new RemoteEncoder(cached, () -> TextProcess.of(folder, kind, length)) : cached);
    }

    private PromptEncoder checked(PromptEncoder encoder) {
        if (encoder.width() != architecture.textChannels() || encoder.pooledWidth() != architecture.pooledChannels()) {
            encoder.close();
            throw new IllegalArgumentException(
                    "%s: its text encoders give %d and %d channels, its transformer takes %d and %d; are they of one model?"
                            .formatted(
                                    folder.path(),
                                    encoder.width(),
                                    encoder.pooledWidth(),
                                    architecture.textChannels(),
                                    architecture.pooledChannels()));
        }
        return encoder;
    }
}
