package mixgrpo.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class EncoderConfigTest {

    private static final String CLIP =
            "'architectures': ['CLIPTextModelWithProjection'], 'hidden_size': 8, 'num_attention_heads': 2, 'intermediate_size': 16, 'num_hidden_layers': 2, 'vocab_size': 20, 'projection_dim': 6";
    private static final String T5 =
            "'feed_forward_proj': 'gated-gelu', 'd_model': 8, 'd_kv': 4, 'd_ff': 16, 'num_heads': 3, 'num_layers': 2, 'vocab_size': 20";

    private static JsonNode json(String fields) {
        try {
            return new ObjectMapper().readTree("{" + fields.replace('\'', '"') + "}");
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(fields, e);
        }
    }

    private static void refuses(Executable reading, String... words) {
        String message = assertThrows(IllegalArgumentException.class, reading).getMessage();
        for (String word : words) {
            assertTrue(message.contains(word), message);
        }
    }

    @Test
    void missingFieldsHaveTheDefaultsOfTransformers() {
        ClipConfig clip = ClipConfig.of(json(""));
        assertEquals(
                new ClipConfig(49408, 512, 2048, 12, 8, 77, ClipConfig.Activation.QUICK_GELU, 1e-5, 49407, 0), clip);
        T5Config t5 = T5Config.of(json("'feed_forward_proj': 'gated-gelu'"));
        assertEquals(new T5Config(32128, 512, 64, 2048, 6, 8, 32, 128, 1e-6), t5);
    }

    @Test
    void whatIsNotSupportedIsNamedWithWhatIs() {
        refuses(() -> ClipConfig.of(json("'hidden_act': 'relu'")), "hidden_act", "quick_gelu or gelu", "relu");
        refuses(
                () -> ClipConfig.of(json("'architectures': ['CLIPModel']")),
                "architectures",
                "CLIPTextModel or CLIPTextModelWithProjection",
                "[CLIPModel]");
        refuses(() -> ClipConfig.of(json("'hidden_size': 'wide'")), "hidden_size", "whole number", "\"wide\"");
        refuses(() -> ClipConfig.of(json("'hidden_size': 10, 'num_attention_heads': 4")), "multiple of", "4", "10");
        refuses(() -> T5Config.of(json("")), "feed_forward_proj", "gated-gelu", "relu");
        refuses(() -> T5Config.of(json("'architectures': ['BertModel']")), "T5EncoderModel", "BertModel");
        refuses(() -> T5Config.of(json(T5 + ", 'layer_norm_epsilon': 0")), "layer_norm_epsilon", "between 0 and 1");
        refuses(
                () -> T5Config.of(json(T5 + ", 'relative_attention_num_buckets': 30")),
                "relative_attention_num_buckets",
                "multiple of 4",
                "30");
    }

    @Test
    void fieldsThatNobodyKnowsAreListed() {
        assertEquals(
                List.of("rope_theta", "window"),
                ClipConfig.unknownFields(json(CLIP + ", 'rope_theta': 1, 'pad_token_id': 1, 'window': 2")));
        assertEquals(List.of("rope_theta"), T5Config.unknownFields(json(T5 + ", 'use_cache': true, 'rope_theta': 1")));
    }

    @Test
    void pooledPositionIsTheFirstEndTokenOrByTheOldRuleTheLargestId() {
        int[] ids = {18, 4, 7, 19, 19, 7, 7};
        assertEquals(3, ClipConfig.of(json(CLIP + ", 'eos_token_id': 2")).pooledPosition(ids));
        assertEquals(2, ClipConfig.of(json(CLIP + ", 'eos_token_id': 7")).pooledPosition(ids));
        assertEquals(0, ClipConfig.of(json(CLIP + ", 'eos_token_id': 3")).pooledPosition(ids)); // nowhere
    }

    /** Numbers of transformers' T5Attention._relative_position_bucket for 32 buckets up to 128. */
    @Test
    void relativeBucketsAreExactThenLogarithmicThenCapped() {
        T5Config config = T5Config.of(json(T5));
        int[] offsets = {0, 1, -1, 7, -7, 8, -8, 11, 12, 15, 16, 22, 23, 31, 32, 45, 46, 63, 64, 90, 91, 128, 500, -500
        };
        int[] buckets = {0, 17, 1, 23, 7, 24, 8, 24, 25, 25, 26, 26, 27, 27, 28, 28, 29, 29, 30, 30, 31, 31, 31, 15};
        assertArrayEquals(buckets, Arrays.stream(offsets).map(config::bucket).toArray());
    }

    @Test
    void idsOutsideOfTheVocabularyAreRefused() {
        refuses(
                () -> T5Encoder.inputs(T5Config.of(json(T5)), new int[][] {{1, 20}}),
                "token id 20",
                "0..19",
                "are tokenizer and text encoder of one model?");
    }

    @Test
    void tiedEmbeddingsMayStandUnderEitherNameOrBoth() {
        T5Config config = T5Config.of(json(T5));
        Map<String, Array> arrays = arrays(Inventory.parameters(T5Encoder.of(config)));
        float[] embeddings = arrays.get("shared.weight").values();
        embeddings[3] = 42;
        Map<String, Array> both = new LinkedHashMap<>(arrays);
        both.put("encoder.embed_tokens.weight", arrays.get("shared.weight"));
        Map<String, Array> tied = new LinkedHashMap<>(both);
        tied.remove("shared.weight");
        for (Map<String, Array> file : List.of(arrays, both, tied)) {
            Weights weights = EncoderWeights.t5(config, new ArrayWeights(file), "t5");
            assertEquals(arrays.keySet(), weights.shapes().keySet());
            assertEquals(42, weights.floats("shared.weight")[3]);
        }
    }

    @Test
    void tableOfPositionsInOldFilesIsLeftOutAndOtherKeysAreNot() {
        ClipConfig config = ClipConfig.of(json(CLIP));
        Map<String, Array> arrays = arrays(Inventory.parameters(ClipTextEncoder.of(config)));
        assertTrue(arrays.containsKey("text_projection.weight"));
        arrays.put("text_model.embeddings.position_ids", Array.of(new float[77], 1, 77));
        Weights weights = EncoderWeights.clip(config, new ArrayWeights(arrays), "clip");
        assertEquals(arrays.size() - 1, weights.shapes().size());
        arrays.put("visual_projection.weight", Array.of(new float[1], 1));
        refuses(
                () -> EncoderWeights.clip(config, new ArrayWeights(arrays), "clip"),
                "clip",
                "unexpected 'visual_projection.weight'");
    }

    private static Map<String, Array> arrays(Map<String, long[]> shapes) {
        Map<String, Array> arrays = new LinkedHashMap<>();
        shapes.forEach((key, shape) -> arrays.put(
                key, new Array(shape, new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)])));
        return arrays;
    }
}
