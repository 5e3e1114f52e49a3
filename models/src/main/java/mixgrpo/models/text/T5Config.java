package mixgrpo.models.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import mixgrpo.models.SizeLimits;
import mixgrpo.models.weights.ConfigFields;

/**
 * Sizes of a T5 encoder, named as in transformers' {@code config.json}.
 *
 * @param dKv channels of a head; heads times these need not be {@code dModel}
 * @param dFf inner channels of the gated MLP
 * @param relativeBuckets number of different relative position biases of a head, even
 * @param relativeMaxDistance distance from which all positions share the last bucket
 */
public record T5Config(
        int vocabSize,
        int dModel,
        int dKv,
        int dFf,
        int numLayers,
        int numHeads,
        int relativeBuckets,
        int relativeMaxDistance,
        double layerNormEpsilon) {

    private static final String CLASS = "T5EncoderModel";
    private static final String MLP = "gated-gelu";

    private static final Set<String> FIELDS = Set.of(
            "classifier_dropout",
            "d_ff",
            "d_kv",
            "d_model",
            "decoder_start_token_id",
            "dense_act_fn",
            "dropout_rate",
            "eos_token_id",
            "feed_forward_proj",
            "is_encoder_decoder",
            "is_gated_act",
            "layer_norm_epsilon",
            "n_positions",
            "num_decoder_layers",
            "num_heads",
            "num_layers",
            "relative_attention_max_distance",
            "relative_attention_num_buckets",
            "task_specific_params",
            "tie_word_embeddings",
            "vocab_size");

    public T5Config {
        SizeLimits.blocks("num_layers", numLayers);
        SizeLimits.extent("vocab_size", vocabSize);
        SizeLimits.extent("d_model", dModel);
        SizeLimits.extent("d_kv * num_heads", (long) dKv * numHeads);
        SizeLimits.extent("d_ff", dFf);
        SizeLimits.extent("relative_attention_num_buckets", relativeBuckets);
        if (relativeBuckets % 4 != 0 || relativeMaxDistance <= relativeBuckets / 4) {
            throw new IllegalArgumentException(
                    "relative_attention_num_buckets, relative_attention_max_distance in the configuration of %s: expected a multiple of 4 and more than a fourth of it, got %d and %d"
                            .formatted(CLASS, relativeBuckets, relativeMaxDistance));
        }
    }

    /**
     * From a {@code config.json} of class T5EncoderModel.
     *
     * @throws IllegalArgumentException naming the field that is wrong or not supported, and what is
     */
    public static T5Config of(JsonNode config) {
        ConfigFields fields = new ConfigFields(config, CLASS);
        String architecture = config.path("architectures").path(0).asText(CLASS);
        if (!architecture.startsWith("T5")) {
            throw fields.wrong("architectures", CLASS, architecture);
        }
        String mlp = fields.text("feed_forward_proj", "relu");
        if (!mlp.equals(MLP)) {
            throw fields.wrong("feed_forward_proj", MLP + " (T5 1.1)", mlp);
        }
        return new T5Config(
                fields.positive("vocab_size", 32128),
                fields.positive("d_model", 512),
                fields.positive("d_kv", 64),
                fields.positive("d_ff", 2048),
                fields.positive("num_layers", 6),
                fields.positive("num_heads", 8),
                fields.positive("relative_attention_num_buckets", 32),
                fields.positive("relative_attention_max_distance", 128),
                fields.epsilon("layer_norm_epsilon", 1e-6));
    }

    /** Fields of a {@code config.json} that this project knows nothing of; what they ask for is not done. */
    public static List<String> unknownFields(JsonNode config) {
        return new ConfigFields(config, CLASS).unknown(FIELDS);
    }

    /**
     * Which bias holds for a key that stands {@code offset} positions after its query: half of the buckets for each direction, of
     * these one for each of the small distances, then logarithmically more for one (transformers' modeling_t5.py:401-446).
     */
    public int bucket(int offset) {
        int half = relativeBuckets / 2;
        int exact = half / 2;
        int distance = Math.abs(offset);
        int direction = offset > 0 ? half : 0;
        if (distance < exact) {
            return direction + distance;
        }
        // In float32, as there: a quotient next to a whole number decides the bucket.
        float octaves =
                (float) Math.log((float) distance / exact) / (float) Math.log((double) relativeMaxDistance / exact);
        int logarithmic = (int) (octaves * (half - exact));
        return direction + Math.min(exact + logarithmic, half - 1);
    }
}
