package mixgrpo.tools.model;

import mixgrpo.models.weights.ReadProgress;
import mixgrpo.runtime.text.PromptEncoder;
import mixgrpo.runtime.text.TextEncoder;

/** MiniLM for the built-in model: so small that embeddings are kept in memory, and its weights count for nothing. */
record MiniLmText() implements ModelText {

    @Override
    public boolean isBuiltIn() {
        return true;
    }

    @Override
    public int length() {
        return ImageModel.BUILT_IN_TEXT_LENGTH;
    }

    @Override
    public int positions(int length) {
        return length;
    }

    @Override
    public long parameters() {
        return 0;
    }

    @Override
    public PromptEncoder openCached(EngineKind engine, int length, ReadProgress progress) {
        return new TextEncoder(length);
    }
}
