package mixgrpo.models.text;

import java.util.ArrayList;
import java.util.Arrays;
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
 * CLIP's text encoder (transformers' CLIPTextModel and CLIPTextModelWithProjection, arXiv 2103.00020): layers that normalise
 * before attention and MLP, under a causal mask; padding is not masked.
 *
 * <p>Inputs, all from {@link #inputs}: {@code input_ids [B, N]}, {@code position_ids [N]}, {@code causal_bias [N, N]}, {@code pick [B, 1,
 * N]} with a one at the position of the pooled state. Outputs: {@code last_hidden_state [B, N, C]} after the final norm,
 * {@code penultimate [B, N, C]}, what goes into the last layer, {@code pooled [B, C]}, and with a projection {@code text_embeds [B,
 * projection]}.
 */
public final class ClipTextEncoder {

    /** Far below any score, and finite: what is masked gets no weight. */
    public static final float MASKED = -3e38f;

    private ClipTextEncoder() {}

    public static Network of(ClipConfig config) {
        List<Network.Input> inputs = List.of(
                Network.Input.ids("input_ids", "batch", "tokens"),
                Network.Input.ids("position_ids", "tokens"),
                Network.Input.floats("causal_bias", "tokens", "tokens"),
                Network.Input.floats("pick", "batch", "1", "tokens"));
        List<NamedStage> stages = new ArrayList<>();
        stages.add(new NamedStage("text_model.embeddings", new Embeddings(config)));
        int layers = config.numHiddenLayers();
        for (int i = 0; i < layers; i++) {
            if (i == layers - 1) {
                stages.add(new NamedStage("", new Penultimate()));
            }
            stages.add(new NamedStage("text_model.encoder.layers." + i, new Layer(config)));
        }
        stages.add(new NamedStage("text_model", new Pooling(config)));
        List<String> outputs = new ArrayList<>(List.of("last_hidden_state", "penultimate", "pooled"));
        if (config.projectionDim() > 0) {
            stages.add(new NamedStage("", new Projection(config.hiddenSize(), config.projectionDim())));
            outputs.add("text_embeds");
        }
        return new Network("CLIPTextModel", inputs, stages, outputs);
    }

    /**
     * The network's inputs for these sequences.
     *
     * @param ids one row a prompt, all of one length
     */
    public static Map<String, Array> inputs(ClipConfig config, int[][] ids) {
        int tokens = ids[0].length;
        float[] positions = new float[tokens];
        float[] causal = new float[tokens * tokens];
        for (int i = 0; i < tokens; i++) {
            positions[i] = i;
            Arrays.fill(causal, i * tokens + i + 1, (i + 1) * tokens, MASKED);
        }
        float[] pick = new float[ids.length * tokens];
        for (int row = 0; row < ids.length; row++) {
            pick[row * tokens + config.pooledPosition(ids[row])] = 1;
        }
        Map<String, Array> inputs = new LinkedHashMap<>();
        inputs.put("input_ids", TokenIds.array(ids, config.vocabSize()));
        inputs.put("position_ids", Array.of(positions, tokens));
        inputs.put("causal_bias", Array.of(causal, tokens, tokens));
        inputs.put("pick", Array.of(pick, ids.length, 1, tokens));
        return inputs;
    }

    private record Embeddings(ClipConfig config) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            int dim = config.hiddenSize();
            Tensor tokens = scope.embedding("token_embedding", in.get("input_ids"), config.vocabSize(), dim);
            Tensor positions =
                    scope.embedding("position_embedding", in.get("position_ids"), config.maxPositionEmbeddings(), dim);
            return in.without("input_ids", "position_ids").with("hidden", scope.tap("", tokens.plus(positions)));
        }
    }

    /** Keeps what goes into the last layer. */
    private record Penultimate() implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            return in.with("penultimate", in.get("hidden"));
        }
    }

    private record Layer(ClipConfig config) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            int dim = config.hiddenSize();
            Tensor hidden = in.get("hidden");
            Tensor norm = norm(scope, "layer_norm1", hidden, config);
            Tensor attended = head(scope, "q_proj", norm)
                    .attention(
                            head(scope, "k_proj", norm),
                            head(scope, "v_proj", norm),
                            in.get("causal_bias"),
                            1 / Math.sqrt((double) dim / config.numAttentionHeads()))
                    .permute(0, 2, 1, 3)
                    .reshape(0, 0, -1);
            hidden = hidden.plus(scope.linear("self_attn.out_proj", attended, dim, dim));
            Tensor inner =
                    scope.linear("mlp.fc1", norm(scope, "layer_norm2", hidden, config), dim, config.intermediateSize());
            hidden = hidden.plus(scope.linear("mlp.fc2", config.hiddenAct().of(inner), config.intermediateSize(), dim));
            return in.with("hidden", scope.tap("", hidden));
        }

        /** {@code [B, heads, N, C / heads]}. */
        private Tensor head(Scope scope, String name, Tensor x) {
            return scope.linear("self_attn." + name, x, config.hiddenSize(), config.hiddenSize())
                    .reshape(0, 0, config.numAttentionHeads(), -1)
                    .permute(0, 2, 1, 3);
        }
    }

    private record Pooling(ClipConfig config) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor states = norm(scope, "final_layer_norm", in.get("hidden"), config);
            return in.without("hidden", "causal_bias", "pick")
                    .with("last_hidden_state", states)
                    .with("pooled", in.get("pick").matmul(states).reshape(0, config.hiddenSize()));
        }
    }

    private record Projection(int dim, int projected) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            return in.with("text_embeds", scope.linearWithoutBias("text_projection", in.get("pooled"), dim, projected));
        }
    }

    private static Tensor norm(Scope scope, String name, Tensor x, ClipConfig config) {
        int dim = config.hiddenSize();
        return x.layerNorm(config.layerNormEps())
                .times(scope.param(name + ".weight", dim))
                .plus(scope.param(name + ".bias", dim));
    }
}
