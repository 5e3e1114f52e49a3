package mixgrpo.models.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Scope;
import mixgrpo.models.Stage;
import mixgrpo.models.Tensor;

/**
 * T5's encoder with gated MLPs (transformers' T5EncoderModel, T5 1.1, arXiv 1910.10683 and 2002.05202), as FLUX and SD3 call it:
 * without a mask, so that padding is attended to. Scores are not scaled; the relative position bias of the first block is added
 * in every block.
 *
 * <p>Inputs, both from {@link #inputs}: {@code input_ids [B, N]}, {@code relative_buckets [N, N]}. Output: {@code last_hidden_state [B, N,
 * d_model]}.
 */
public final class T5Encoder {

    private T5Encoder() {}

    public static Network of(T5Config config) {
        List<Network.Input> inputs = List.of(
                Network.Input.ids("input_ids", "batch", "tokens"),
                Network.Input.ids("relative_buckets", "tokens", "tokens"));
        List<NamedStage> stages = new ArrayList<>();
        stages.add(new NamedStage("", new Embedding(config)));
        stages.add(new NamedStage("encoder.block.0.layer.0.SelfAttention", new PositionBias(config)));
        for (int i = 0; i < config.numLayers(); i++) {
            stages.add(new NamedStage("encoder.block." + i, new Block(config)));
        }
        stages.add(new NamedStage("encoder", new FinalNorm(config)));
        return new Network("T5EncoderModel", inputs, stages, List.of("last_hidden_state"));
    }

    /**
     * The network's inputs for these sequences.
     *
     * @param ids one row a prompt, all of one length
     */
    public static Map<String, Array> inputs(T5Config config, int[][] ids) {
        int tokens = ids[0].length;
        float[] buckets = new float[tokens * tokens];
        for (int query = 0; query < tokens; query++) {
            for (int key = 0; key < tokens; key++) {
                buckets[query * tokens + key] = config.bucket(key - query);
            }
        }
        Map<String, Array> inputs = new LinkedHashMap<>();
        inputs.put("input_ids", TokenIds.array(ids, config.vocabSize()));
        inputs.put("relative_buckets", Array.of(buckets, tokens, tokens));
        return inputs;
    }

    private record Embedding(T5Config config) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor tokens = scope.embedding("shared", in.get("input_ids"), config.vocabSize(), config.dModel());
            return in.without("input_ids").with("hidden", scope.tap("encoder.embed_tokens", tokens));
        }
    }

    /** {@code position_bias [heads, N, N]}, a table lookup by relative position. */
    private record PositionBias(T5Config config) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor bias = scope.embedding(
                            "relative_attention_bias",
                            in.get("relative_buckets"),
                            config.relativeBuckets(),
                            config.numHeads())
                    .permute(2, 0, 1);
            return in.without("relative_buckets").with("position_bias", scope.tap("position_bias", bias));
        }
    }

    private record Block(T5Config config) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            int dim = config.dModel();
            int inner = config.numHeads() * config.dKv();
            Tensor hidden = in.get("hidden");
            Tensor norm = norm(scope, "layer.0.layer_norm", hidden, config);
            Tensor attended = head(scope, "q", norm)
                    .attention(head(scope, "k", norm), head(scope, "v", norm), in.get("position_bias"), 1)
                    .permute(0, 2, 1, 3)
                    .reshape(0, 0, -1);
            Tensor attention = scope.linearWithoutBias("layer.0.SelfAttention.o", attended, inner, dim);
            hidden = hidden.plus(scope.tap("layer.0.SelfAttention", attention));
            norm = norm(scope, "layer.1.layer_norm", hidden, config);
            Tensor gate = scope.linearWithoutBias("layer.1.DenseReluDense.wi_0", norm, dim, config.dFf());
            Tensor value = scope.linearWithoutBias("layer.1.DenseReluDense.wi_1", norm, dim, config.dFf());
            hidden = hidden.plus(scope.linearWithoutBias(
                    "layer.1.DenseReluDense.wo", gate.geluTanh().times(value), config.dFf(), dim));
            return in.with("hidden", scope.tap("", hidden));
        }

        /** {@code [B, heads, N, d_kv]}. */
        private Tensor head(Scope scope, String name, Tensor x) {
            return scope.linearWithoutBias(
                            "layer.0.SelfAttention." + name, x, config.dModel(), config.numHeads() * config.dKv())
                    .reshape(0, 0, config.numHeads(), -1)
                    .permute(0, 2, 1, 3);
        }
    }

    private record FinalNorm(T5Config config) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor states = norm(scope, "final_layer_norm", in.get("hidden"), config);
            return in.without("hidden", "position_bias").with("last_hidden_state", states);
        }
    }

    private static Tensor norm(Scope scope, String name, Tensor x, T5Config config) {
        return x.rmsNorm(scope.param(name + ".weight", config.dModel()), config.layerNormEpsilon());
    }
}
