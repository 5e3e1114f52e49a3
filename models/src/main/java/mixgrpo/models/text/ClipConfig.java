package mixgrpo.models.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import mixgrpo.models.SizeLimits;
import mixgrpo.models.Tensor;
import mixgrpo.models.weights.ConfigFields;

/**
 * Sizes of a CLIP text encoder, named as in transformers' {@code config.json}.
 *
 * @param maxPositionEmbeddings the longest sequence of tokens
 * @param eosTokenId id of the end token that the pooled state is read at; 2 stands for the largest id of the sequence
 *     (transformers/models/clip/modeling_clip.py:637-660)
 * @param projectionDim channels of the projected pooled state; 0 without projection
 */
public record ClipConfig(
        int vocabSize,
        int hiddenSize,
        int intermediateSize,
        int numHiddenLayers,
        int numAttentionHeads,
        int maxPositionEmbeddings,
        Activation hiddenAct,
        double layerNormEps,
        int eosTokenId,
        int projectionDim) {

    private static final String CLASS = "CLIPTextModel";
    private static final String WITH_PROJECTION = "CLIPTextModelWithProjection";

    private static final Set<String> FIELDS = Set.of(
            "attention_dropout",
            "dropout",
            "eos_token_id",
            "hidden_act",
            "hidden_size",
            "intermediate_size",
            "layer_norm_eps",
            "max_position_embeddings",
            "num_attention_heads",
            "num_hidden_layers",
            "projection_dim",
            "vocab_size");

    public ClipConfig {
        SizeLimits.blocks("num_hidden_layers", numHiddenLayers);
        SizeLimits.extent("vocab_size", vocabSize);
        SizeLimits.extent("hidden_size", hiddenSize);
        SizeLimits.extent("intermediate_size", intermediateSize);
        SizeLimits.extent("max_position_embeddings", maxPositionEmbeddings);
        if (hiddenSize % numAttentionHeads != 0) {
            throw new IllegalArgumentException(
                    "hidden_size in the configuration of %s: expected a multiple of num_attention_heads %d, got %d"
                            .formatted(CLASS, numAttentionHeads, hiddenSize));
        }
    }

    /** The function between the two layers of an MLP; transformers' names in lower case. */
    public enum Activation {
        QUICK_GELU {
            @Override
            Tensor of(Tensor x) {
                return x.quickGelu();
            }
        },
        GELU {
            @Override
            Tensor of(Tensor x) {
                return x.gelu();
            }
        },
        GELU_NEW {
            @Override
            Tensor of(Tensor x) {
                return x.geluTanh();
            }
        };

        abstract Tensor of(Tensor x);

        private String field() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        private static Activation of(ConfigFields fields) {
            String name = fields.text("hidden_act", QUICK_GELU.field());
            return Arrays.stream(values())
                    .filter(activation -> activation.field().equals(name))
                    .findFirst()
                    .orElseThrow(() -> fields.wrong(
                            "hidden_act",
                            Arrays.stream(values()).map(Activation::field).collect(Collectors.joining(" or ")),
                            name));
        }
    }

    /**
     * From a {@code config.json} of class CLIPTextModel or CLIPTextModelWithProjection.
     *
     * @throws IllegalArgumentException naming the field that is wrong or not supported, and what is
     */
    public static ClipConfig of(JsonNode config) {
        ConfigFields fields = new ConfigFields(config, CLASS);
        List<String> architectures = StreamSupport.stream(
                        config.path("architectures").spliterator(), false)
                .map(JsonNode::asText)
                .toList();
        if (!architectures.isEmpty() && !architectures.contains(CLASS) && !architectures.contains(WITH_PROJECTION)) {
            throw fields.wrong("architectures", CLASS + " or " + WITH_PROJECTION, architectures);
        }
        return new ClipConfig(
                fields.positive("vocab_size", 49408),
                fields.positive("hidden_size", 512),
                fields.positive("intermediate_size", 2048),
                fields.positive("num_hidden_layers", 12),
                fields.positive("num_attention_heads", 8),
                fields.positive("max_position_embeddings", 77),
                Activation.of(fields),
                fields.epsilon("layer_norm_eps", 1e-5),
                fields.positive("eos_token_id", 49407),
                architectures.contains(WITH_PROJECTION) ? fields.positive("projection_dim", 512) : 0);
    }

    /** Fields of a {@code config.json} that this project knows nothing of; what they ask for is not done. */
    public static List<String> unknownFields(JsonNode config) {
        return new ConfigFields(config, CLASS).unknown(FIELDS);
    }

    /** The position whose state is the pooled one. */
    int pooledPosition(int[] ids) {
        int pooled = 0;
        if (eosTokenId == 2) {
            for (int i = 1; i < ids.length; i++) {
                pooled = ids[i] > ids[pooled] ? i : pooled;
            }
            return pooled;
        }
        while (pooled < ids.length && ids[pooled] != eosTokenId) {
            pooled++;
        }
        return pooled < ids.length ? pooled : 0; // argmax over a row of zeros there
    }
}
