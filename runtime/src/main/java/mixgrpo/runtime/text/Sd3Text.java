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

    private final ModelFolder folder;
    private final boolean hasT5;
    private final int t5Length;
    private final int clipLength;
    private final Sizes sizes;

    /** @param length T5's tokens */
    Sd3Text(ModelFolder folder, int length) throws IOException {
        this.folder = folder;
        hasT5 = folder.parts().containsKey(T5);
        try (ClipTokenizer tokenizer = ClipTokenizer.open(folder.part(CLIP_TOKENIZERS.get(0)))) {
            clipLength = tokenizer.length();
        }
        t5Length = hasT5 ? length : clipLength;
        int states = 0;
        int pooled = 0;
        for (String part : CLIPS) {
            ClipConfig clip = FolderConfigs.clip(folder, part);
            if (clip.projectionDim() == 0) {
                throw new IllegalArgumentException(
                        "%s: expected CLIPTextModelWithProjection in architectures of config.json, as SD3 needs it"
                                .formatted(folder.part(part)));
            }
            states += clip.hiddenSize();
            pooled += clip.projectionDim();
        }
        int width = hasT5 ? FolderConfigs.t5(folder, T5).dModel() : jointWidth(folder);
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
                    "joint_attention_dim in config.json of %s: expected a whole number, got %s"
                            .formatted(folder.part("transformer"), width.isMissingNode() ? "nothing" : width));
        }
        return width.asInt();
    }

    @Override
    public Sizes sizes() {
        return sizes;
    }

    @Override
    public List<String> parts() {
        List<String> parts = new ArrayList<>(CLIPS);
        parts.addAll(CLIP_TOKENIZERS);
        if (hasT5) {
            parts.add(T5);
            parts.add(T5_TOKENIZER);
        }
        return parts;
    }

    @Override
    public Encoder open(EngineLoader engines) throws IOException {
        OpenResources open = new OpenResources();
        try {
            List<FolderEncoder> readers = new ArrayList<>();
            for (int i = 0; i < CLIPS.size(); i++) {
                readers.add(open.add(FolderEncoder.clip(folder, CLIPS.get(i), CLIP_TOKENIZERS.get(i), engines)));
                if (readers.get(i).length() != clipLength) {
                    throw new IllegalArgumentException(
                            "%s: expected model_max_length %d in tokenizer_config.json, as the first tokenizer has, got %d"
                                    .formatted(
                                            folder.part(CLIP_TOKENIZERS.get(i)),
                                            clipLength,
                                            readers.get(i).length()));
                }
            }
            if (hasT5) {
                readers.add(open.add(FolderEncoder.t5(folder, T5, T5_TOKENIZER, t5Length, engines)));
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
