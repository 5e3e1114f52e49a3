package mixgrpo.tools.model;

import java.io.IOException;
import java.util.Arrays;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.ModelFolder.PartClass;
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
        PartClass t5 = folder.parts().getOrDefault(Sd3Architecture.T5, PartClass.ABSENT);
        boolean zeros = architecture.className().equals(Sd3Architecture.CLASS) && t5.equals(PartClass.ABSENT);
        return zeros ? Sd3Architecture.CLIP_LENGTH : architecture.textLength();
    }

    @Override
    public int positions(int length) {
        return architecture.textPositions(length);
    }

    @Override
    public long parameters() throws IOException {
        long parameters = 0;
        for (String part : folder.parts().keySet()) {
            if (part.matches("text_encoder(_\\d)?")) {
                try (Component encoder = folder.open(part, "")) {
                    parameters += encoder.weights().shapes().values().stream()
                            .mapToLong(shape -> Arrays.stream(shape).reduce(1, Math::multiplyExact))
                            .sum();
                }
            }
        }
        return parameters;
    }

    @Override
    public PromptEncoder open(int length) throws IOException {
        return FolderEncoders.open(folder, length, EngineKind.fastest()::load);
    }

    @Override
    public PromptEncoder openCached(int length) throws IOException {
        return FolderEncoders.cached(folder, length, EngineKind.fastest()::load, CacheFolder.text());
    }
}
