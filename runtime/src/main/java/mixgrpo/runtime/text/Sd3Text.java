package mixgrpo.runtime.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.runtime.engine.EngineLoader;
import mixgrpo.runtime.lifetime.OpenResources;

/**
 * SD3's text: what goes into the last layers of two CLIP encoders, side by side and filled up with zeros to T5's width, followed by
 * T5's states; pooled are both projections side by side. Without T5, zeros follow instead, as many positions as CLIP has
 * (diffusers/pipelines/stable_diffusion_3/pipeline_stable_diffusion_3.py:225-449).
 */
final class Sd3Text implements TextSide {

    private static final List<String> CLIPS = List.of("text_encoder", "text_encoder_2");
    private static final List<String> CLIP_TOKENIZERS = List.of("tokenizer", "tokenizer_2");
    private static final String T5 = "text_encoder_3";
    private static final String T5_TOKENIZER = "tokenizer_3";

    private final FolderParts parts;
    private final boolean hasT5;
    private final int t5Length;
    private final int clipLength;
    private final Sizes sizes;

    /** @param length T5's tokens */
    Sd3Text(ModelFolder folder, int length) throws IOException {
        parts = new FolderParts(folder);
        hasT5 = folder.parts().containsKey(T5);
        int states = 0;
        int pooled = 0;
        for (int i = 0; i < CLIPS.size(); i++) {
            ClipConfig clip = parts.clip(CLIPS.get(i), CLIP_TOKENIZERS.get(i));
            if (clip.projectionDim() == 0) {
                throw new IllegalArgumentException(
                        "%s: expected CLIPTextModelWithProjection in architectures of config.json, as SD3 needs it"
                                .formatted(folder.part(CLIPS.get(i))));
            }
            states += clip.hiddenSize();
            pooled += clip.projectionDim();
        }
        clipLength = parts.clipLength(CLIP_TOKENIZERS.get(0));
        if (parts.clipLength(CLIP_TOKENIZERS.get(1)) != clipLength) {
            throw new IllegalArgumentException(
                    "%s: model_max_length in tokenizer_config.json: expected %d as %s has, got %d"
                            .formatted(
                                    folder.part(CLIP_TOKENIZERS.get(1)),
                                    clipLength,
                                    CLIP_TOKENIZERS.get(0),
                                    parts.clipLength(CLIP_TOKENIZERS.get(1))));
        }
        t5Length = hasT5 ? length : clipLength;
        int width = hasT5 ? parts.t5(T5, T5_TOKENIZER).dModel() : jointWidth(folder);
        if (states > width) {
            throw new IllegalArgumentException(
                    "%s: its two CLIP encoders have %d channels together, expected at most the %d of %s"
                            .formatted(folder.path(), states, width, hasT5 ? T5 : "joint_attention_dim"));
        }
        sizes = new Sizes(clipLength + t5Length, width, pooled);
    }

    private static int jointWidth(ModelFolder folder) throws IOException {
        JsonNode width = folder.json("transformer", "config.json").path("joint_attention_dim");
        if (!width.isInt()) {
            throw new IllegalArgumentException(
                    "joint_attention_dim in the configuration of %s: expected a whole number, got %s"
                            .formatted(folder.part("transformer"), width.isMissingNode() ? "nothing" : width));
        }
        return width.asInt();
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
            List<FolderEncoder> readers = new ArrayList<>();
            for (int i = 0; i < CLIPS.size(); i++) {
                readers.add(open.add(FolderEncoder.clip(parts, CLIPS.get(i), CLIP_TOKENIZERS.get(i), engines)));
            }
            if (hasT5) {
                readers.add(open.add(FolderEncoder.t5(parts, T5, T5_TOKENIZER, t5Length, engines)));
            }
            return new Encoder(sizes, open, readers, prompt -> {
                readers.forEach(reader -> reader.read(prompt));
                return embedding(readers);
            });
        } catch (IOException | RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    private TextEmbedding embedding(List<FolderEncoder> readers) {
        int filled = clipLength + (hasT5 ? t5Length : 0);
        float[] states = new float[filled * sizes.width()];
        float[] pooled = new float[sizes.pooledWidth()];
        int channel = 0;
        int pooledChannel = 0;
        for (FolderEncoder clip : readers.subList(0, CLIPS.size())) {
            float[] own = clip.get("penultimate");
            int width = own.length / clipLength;
            for (int token = 0; token < clipLength; token++) {
                System.arraycopy(own, token * width, states, token * sizes.width() + channel, width);
            }
            channel += width;
            float[] projected = clip.get("text_embeds");
            System.arraycopy(projected, 0, pooled, pooledChannel, projected.length);
            pooledChannel += projected.length;
        }
        if (hasT5) {
            float[] own = readers.get(CLIPS.size()).get("last_hidden_state");
            System.arraycopy(own, 0, states, clipLength * sizes.width(), own.length);
        }
        return new TextEmbedding(sizes.length(), filled, states, pooled);
    }
}
