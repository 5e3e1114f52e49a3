package mixgrpo.runtime.text;

import java.io.IOException;
import java.util.List;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.runtime.engine.EngineLoader;
import mixgrpo.runtime.lifetime.OpenResources;

/**
 * FLUX's text: T5's states for all positions, padding included, and CLIP's pooled state
 * (diffusers/pipelines/flux/pipeline_flux.py:213-390).
 */
final class FluxText implements TextSide {

    private static final String CLIP = "text_encoder";
    private static final String CLIP_TOKENIZER = "tokenizer";
    private static final String T5 = "text_encoder_2";
    private static final String T5_TOKENIZER = "tokenizer_2";

    private final FolderParts parts;
    private final Sizes sizes;

    /** @param length T5's tokens */
    FluxText(ModelFolder folder, int length) throws IOException {
        parts = new FolderParts(folder);
        int pooledWidth = parts.clip(CLIP, CLIP_TOKENIZER).hiddenSize();
        sizes = new Sizes(length, parts.t5(T5, T5_TOKENIZER).dModel(), pooledWidth);
    }

    @Override
    public Sizes sizes() {
        return sizes;
    }

    @Override
    public FolderParts parts() {
        return parts;
    }

    @Override
    public Encoder open(EngineLoader engines) throws IOException {
        OpenResources open = new OpenResources();
        try {
            FolderEncoder clip = open.add(FolderEncoder.clip(parts, CLIP, CLIP_TOKENIZER, engines));
            FolderEncoder t5 = open.add(FolderEncoder.t5(parts, T5, T5_TOKENIZER, sizes.length(), engines));
            return new Encoder(sizes, open, List.of(clip, t5), prompt -> {
                clip.read(prompt);
                t5.read(prompt);
                return new TextEmbedding(
                        sizes.length(), sizes.length(), t5.get("last_hidden_state"), clip.get("pooled"));
            });
        } catch (IOException | RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }
}
