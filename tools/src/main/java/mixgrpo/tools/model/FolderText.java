package mixgrpo.tools.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.ReadProgress;
import mixgrpo.runtime.text.FolderEncoders;
import mixgrpo.runtime.text.PromptEncoder;

/** The text encoders of a model folder, run by the fastest engine. */
record FolderText(ModelFolder folder, Architecture architecture) implements ModelText {

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
    public PromptEncoder open(int length) throws IOException {
        return checked(FolderEncoders.open(folder, length, EngineKind.fastest()::load));
    }

    @Override
    public PromptEncoder openCached(int length, ReadProgress progress) throws IOException {
        return checked(FolderEncoders.cached(folder, length, EngineKind.fastest()::load, CacheFolder.text(), progress));
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
