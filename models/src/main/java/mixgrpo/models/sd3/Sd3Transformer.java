package mixgrpo.models.sd3;

import static mixgrpo.models.dit.DitLayers.EPS;
import static mixgrpo.models.dit.DitLayers.attention;
import static mixgrpo.models.dit.DitLayers.continuousNorm;
import static mixgrpo.models.dit.DitLayers.embedding;
import static mixgrpo.models.dit.DitLayers.modulate;
import static mixgrpo.models.dit.DitLayers.modulation;
import static mixgrpo.models.dit.DitLayers.withFeedForward;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Scope;
import mixgrpo.models.Stage;
import mixgrpo.models.Tensor;
import mixgrpo.models.dit.DitLayers;
import mixgrpo.models.dit.Sinusoid;

/**
 * The transformer of Stable Diffusion 3 and 3.5 (diffusers' SD3Transformer2DModel): blocks in which image and text have weights of
 * their own and attend jointly, the last of which gives up the text. Predicts the velocity (noise - x0) of packed latents.
 *
 * <p>Inputs: {@code hidden_states [B, N, patch * patch * in]} (packed by {@link mixgrpo.models.dit.LatentPacking}),
 * {@code encoder_hidden_states [B, L, joint]}, {@code pooled_projections [B, pooled]}, {@code timestep_proj [B, 256]}
 * ({@link Sinusoid} of 1000 sigma), {@code position_embedding [N, C]} ({@link PositionTable}). Output:
 * {@code velocity [B, N, patch * patch * out]}, packed like the latents.
 */
public final class Sd3Transformer {

    private Sd3Transformer() {}

    public static Network of(Sd3Config config) {
        int dim = config.dim();
        int place = config.patchSize() * config.patchSize();
        List<Network.Input> inputs = List.of(
                Network.Input.floats("hidden_states", "batch", "image_tokens", "" + place * config.inChannels()),
                Network.Input.floats("encoder_hidden_states", "batch", "text_tokens", "" + config.jointAttentionDim()),
                Network.Input.floats("pooled_projections", "batch", "" + config.pooledProjectionDim()),
                Network.Input.floats("timestep_proj", "batch", "" + Sinusoid.CHANNELS),
                Network.Input.floats("position_embedding", "image_tokens", "" + dim));
        List<NamedStage> stages = new ArrayList<>();
        stages.add(new NamedStage("", new Stem(config)));
        for (int i = 0; i < config.numLayers(); i++) {
            boolean dual = config.dualAttentionLayers().contains(i);
            boolean last = i == config.numLayers() - 1;
            stages.add(new NamedStage(
                    "transformer_blocks." + i,
                    new JointBlock(dim, config.numAttentionHeads(), config.qkNorm(), dual, last)));
        }
        stages.add(new NamedStage("", new Head(dim, config.patchSize(), config.outChannels())));
        return new Network(
                "SD3Transformer2DModel",
                inputs,
                stages,
                List.of("velocity"),
                Map.of(PositionTable.KEY, PositionTable.shape(config)));
    }

    /** Embeds latents, text and conditioning: carries {@code hidden [B, N, C]}, {@code context [B, L, C]}, {@code temb [B, C]}. */
    private record Stem(Sd3Config config) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            int dim = config.dim();
            int patch = config.patchSize();
            Tensor temb = embedding(
                            scope, "time_text_embed.timestep_embedder", in.get("timestep_proj"), Sinusoid.CHANNELS, dim)
                    .plus(embedding(
                            scope,
                            "time_text_embed.text_embedder",
                            in.get("pooled_projections"),
                            config.pooledProjectionDim(),
                            dim));
            // A convolution whose windows do not overlap is a linear layer over patches, which packed latents are.
            Tensor weight = scope.param("pos_embed.proj.weight", dim, config.inChannels(), patch, patch)
                    .reshape(dim, -1)
                    .permute(1, 0);
            Tensor hidden = in.get("hidden_states")
                    .matmul(weight)
                    .plus(scope.param("pos_embed.proj.bias", dim))
                    .plus(in.get("position_embedding"));
            Tensor context =
                    scope.linear("context_embedder", in.get("encoder_hidden_states"), config.jointAttentionDim(), dim);
            return in.without(
                            "timestep_proj",
                            "hidden_states",
                            "pooled_projections",
                            "position_embedding",
                            "encoder_hidden_states")
                    .with("hidden", scope.tap("pos_embed", hidden))
                    .with("context", scope.tap("context_embedder", context))
                    .with("temb", scope.tap("time_text_embed", temb));
        }
    }

    /**
     * Image and text side by side: adaLN-zero, joint attention, an MLP each.
     *
     * @param normalised whether queries and keys are
     * @param dual whether the image attends a second time, to itself alone
     * @param last whether the text goes no further
     */
    private record JointBlock(int dim, int heads, boolean normalised, boolean dual, boolean last) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor hidden = in.get("hidden");
            Tensor context = in.get("context");
            Tensor temb = in.get("temb");
            Tensor normal = hidden.layerNorm(EPS);
            List<Tensor> image = modulation(scope, "norm1", temb, dim, dual ? 9 : 6);
            List<Tensor> text = last ? List.of() : modulation(scope, "norm1_context", temb, dim, 6);
            Tensor imageNorm = scope.tap("norm1.hidden", modulate(normal, image.get(0), image.get(1)));
            Tensor textNorm = last
                    ? continuousNorm(scope, "norm1_context", context, temb, dim)
                    : modulate(context.layerNorm(EPS), text.get(0), text.get(1));

            Tensor query = head(scope, "attn.to_q", "attn.norm_q", imageNorm)
                    .concat(2, head(scope, "attn.add_q_proj", "attn.norm_added_q", textNorm));
            Tensor key = head(scope, "attn.to_k", "attn.norm_k", imageNorm)
                    .concat(2, head(scope, "attn.add_k_proj", "attn.norm_added_k", textNorm));
            Tensor value = DitLayers.heads(scope, "attn.to_v", imageNorm, dim, heads)
                    .concat(2, DitLayers.heads(scope, "attn.add_v_proj", textNorm, dim, heads));
            Tensor joint = attention(query, key, value, dim / heads);
            Tensor imageOut = scope.linear("attn.to_out.0", joint.headLike(1, hidden), dim, dim);
            Tensor attended = hidden.plus(image.get(2).times(scope.tap("attn.hidden", imageOut)));
            if (dual) {
                scope.tap("norm1.gate_msa2", image.get(8));
                Tensor second = scope.tap("norm1.hidden2", modulate(normal, image.get(6), image.get(7)));
                attended = attended.plus(image.get(8).times(scope.tap("attn2", imageAttention(scope, second))));
            }
            Tensor out = withFeedForward(scope, "norm2", "ff", attended, image, dim);
            Carry carry = in.with("hidden", scope.tap("hidden", out));
            if (last) {
                return carry.without("context");
            }
            Tensor textOut = scope.linear("attn.to_add_out", joint.tailAfter(1, hidden), dim, dim);
            context = context.plus(text.get(2).times(scope.tap("attn.encoder_hidden", textOut)));
            context = withFeedForward(scope, "norm2_context", "ff_context", context, text, dim);
            return carry.with("context", scope.tap("encoder_hidden", context));
        }

        private Tensor imageAttention(Scope scope, Tensor x) {
            Tensor attended = attention(
                    head(scope, "attn2.to_q", "attn2.norm_q", x),
                    head(scope, "attn2.to_k", "attn2.norm_k", x),
                    DitLayers.heads(scope, "attn2.to_v", x, dim, heads),
                    dim / heads);
            return scope.linear("attn2.to_out.0", attended, dim, dim);
        }

        private Tensor head(Scope scope, String linear, String norm, Tensor x) {
            return normalised
                    ? DitLayers.normalisedHeads(scope, linear, norm, x, dim, heads)
                    : DitLayers.heads(scope, linear, x, dim, heads);
        }
    }

    /** Normalised and projected to a velocity, whose patches come with the channel fastest and are packed with it slowest. */
    private record Head(int dim, int patch, int out) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor norm = continuousNorm(scope, "norm_out", in.get("hidden"), in.get("temb"), dim);
            Tensor places = scope.tap("proj_out", scope.linear("proj_out", norm, dim, patch * patch * out));
            Tensor velocity =
                    places.reshape(0, 0, patch * patch, out).permute(0, 1, 3, 2).reshape(0, 0, -1);
            return in.with("velocity", velocity);
        }
    }
}
