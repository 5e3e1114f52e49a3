package mixgrpo.runtime.text;

import java.io.IOException;
import java.util.List;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.runtime.engine.EngineLoader;
import mixgrpo.runtime.lifetime.OpenResources;

/**
 * FLUX's text: T5's states for all positions, padding included, and CLIP's pooled state
 * (diffusers/pipelines/flux/pipeline_flux.py:213-390).
 */
final class FluxText implements TextSide {

    private static final String CLIP = "text_encoder";
    private static final String T5 = "text_encoder_2";

    private final ModelFolder folder;
    private final Sizes sizes;

    /** @param length T5's tokens */
    FluxText(ModelFolder folder, int length) throws IOException {
        this.folder = folder;
        T5Config t5 = FolderConfigs.t5(folder, T5);
        ClipConfig clip = FolderConfigs.clip(folder, CLIP);
        sizes = new Sizes(length, t5.dModel(), clip.hiddenSize());
    }

    @Override
    public Sizes sizes() {
        return sizes;
    }

    @Override
    public List<String> parts() {
        return List.of(CLIP, T5, "tokenizer", "tokenizer_2");
    }

    @Override
    public Encoder open(EngineLoader engines) throws IOException {
        OpenResources open = new OpenResources();
        try {
            FolderEncoder clip = open.add(FolderEncoder.clip(folder, CLIP, "tokenizer", engines));
            FolderEncoder t5 = open.add(FolderEncoder.t5(folder, T5, "tokenizer_2", sizes.length(), engines));
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
