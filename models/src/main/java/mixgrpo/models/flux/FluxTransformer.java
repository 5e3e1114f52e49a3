package mixgrpo.models.flux;

import static mixgrpo.models.dit.DitLayers.EPS;
import static mixgrpo.models.dit.DitLayers.continuousNorm;
import static mixgrpo.models.dit.DitLayers.embedding;
import static mixgrpo.models.dit.DitLayers.modulate;
import static mixgrpo.models.dit.DitLayers.modulation;
import static mixgrpo.models.dit.DitLayers.normalisedHeads;
import static mixgrpo.models.dit.DitLayers.withFeedForward;

import java.util.ArrayList;
import java.util.List;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Scope;
import mixgrpo.models.Stage;
import mixgrpo.models.Tensor;
import mixgrpo.models.dit.DitLayers;
import mixgrpo.models.dit.Sinusoid;

/**
 * FLUX.1's transformer (diffusers' FluxTransformer2DModel): double blocks in which image and text have weights of their own and
 * attend jointly, then single blocks over text followed by image. Predicts the velocity (noise - x0) of packed latents.
 *
 * <p>Inputs: {@code hidden_states [B, N, in]}, {@code encoder_hidden_states [B, L, joint]}, {@code pooled_projections [B, pooled]},
 * {@code timestep_proj [B, 256]} ({@link Sinusoid} of 1000 sigma), {@code guidance_proj [B, 256]} (of 1000 times the guidance
 * scale; only with guidance embedding), {@code rotary_cos} and {@code rotary_sin [L + N, head]} ({@link RotaryTables}, text
 * first). Output: {@code velocity [B, N, out]}.
 */
public final class FluxTransformer {

    private FluxTransformer() {}

    /**
     * The network of these sizes, without weights. Inputs and output are those above; a stage is a block.
     *
     * @param config from the folder's {@code config.json}; with {@code guidanceEmbeds} the network has the input for it
     */
    public static Network of(FluxConfig config) {
        List<Network.Input> inputs = new ArrayList<>(List.of(
                Network.Input.floats("hidden_states", "batch", "image_tokens", "" + config.inChannels()),
                Network.Input.floats("encoder_hidden_states", "batch", "text_tokens", "" + config.jointAttentionDim()),
                Network.Input.floats("pooled_projections", "batch", "" + config.pooledProjectionDim()),
                Network.Input.floats("timestep_proj", "batch", "" + Sinusoid.CHANNELS)));
        if (config.guidanceEmbeds()) {
            inputs.add(Network.Input.floats("guidance_proj", "batch", "" + Sinusoid.CHANNELS));
        }
        inputs.add(Network.Input.floats("rotary_cos", "joint_tokens", "" + config.attentionHeadDim()));
        inputs.add(Network.Input.floats("rotary_sin", "joint_tokens", "" + config.attentionHeadDim()));

        int dim = config.dim();
        int heads = config.numAttentionHeads();
        List<NamedStage> stages = new ArrayList<>();
        stages.add(new NamedStage("", new Stem(config)));
        for (int i = 0; i < config.numLayers(); i++) {
            stages.add(new NamedStage("transformer_blocks." + i, new DoubleBlock(dim, heads)));
        }
        stages.add(new NamedStage("", new Join()));
        for (int i = 0; i < config.numSingleLayers(); i++) {
            stages.add(new NamedStage("single_transformer_blocks." + i, new SingleBlock(dim, heads)));
        }
        stages.add(new NamedStage("", new Head(dim, config.outChannels())));
        return new Network("FluxTransformer2DModel", inputs, stages, List.of("velocity"));
    }

    /** Embeds latents, text and conditioning: carries {@code hidden [B, N, C]}, {@code context [B, L, C]}, {@code temb [B, C]}. */
    private record Stem(FluxConfig config) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            int dim = config.dim();
            Tensor temb = embedding(
                    scope, "time_text_embed.timestep_embedder", in.get("timestep_proj"), Sinusoid.CHANNELS, dim);
            Carry out = in.without("timestep_proj", "hidden_states", "pooled_projections");
            if (config.guidanceEmbeds()) {
                temb = temb.plus(embedding(
                        scope, "time_text_embed.guidance_embedder", in.get("guidance_proj"), Sinusoid.CHANNELS, dim));
                out = out.without("guidance_proj");
            }
            Tensor pooled = in.get("pooled_projections");
            temb = temb.plus(
                    embedding(scope, "time_text_embed.text_embedder", pooled, config.pooledProjectionDim(), dim));
            Tensor hidden = scope.linear("x_embedder", in.get("hidden_states"), config.inChannels(), dim);
            Tensor context =
                    scope.linear("context_embedder", in.get("encoder_hidden_states"), config.jointAttentionDim(), dim);
            return out.with("hidden", scope.tap("x_embedder", hidden))
                    .with("context", scope.tap("context_embedder", context))
                    .with("temb", scope.tap("time_text_embed", temb));
        }
    }

    /** Image and text side by side: adaLN-zero, joint attention, an MLP each. */
    private record DoubleBlock(int dim, int heads) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor hidden = in.get("hidden");
            Tensor context = in.get("context");
            List<Tensor> image = modulation(scope, "norm1", in.get("temb"), dim, 6);
            List<Tensor> text = modulation(scope, "norm1_context", in.get("temb"), dim, 6);
            Tensor imageNorm = scope.tap("norm1.hidden", modulate(hidden.layerNorm(EPS), image.get(0), image.get(1)));
            Tensor textNorm =
                    scope.tap("norm1_context.hidden", modulate(context.layerNorm(EPS), text.get(0), text.get(1)));

            Tensor query = head(scope, "attn.add_q_proj", "attn.norm_added_q", textNorm)
                    .concat(2, head(scope, "attn.to_q", "attn.norm_q", imageNorm));
            Tensor key = head(scope, "attn.add_k_proj", "attn.norm_added_k", textNorm)
                    .concat(2, head(scope, "attn.to_k", "attn.norm_k", imageNorm));
            Tensor value = DitLayers.heads(scope, "attn.add_v_proj", textNorm, dim, heads)
                    .concat(2, DitLayers.heads(scope, "attn.to_v", imageNorm, dim, heads));
            Tensor joint = rotaryAttention(query, key, value, in, dim / heads);
            Tensor textOut = scope.linear("attn.to_add_out", joint.headLike(1, context), dim, dim);
            Tensor imageOut = scope.linear("attn.to_out.0", joint.tailAfter(1, context), dim, dim);
            scope.tap("attn.hidden", imageOut);
            scope.tap("attn.encoder_hidden", textOut);

            hidden = hidden.plus(image.get(2).times(imageOut));
            hidden = withFeedForward(scope, "norm2", "ff", hidden, image, dim);
            context = context.plus(text.get(2).times(textOut));
            context = withFeedForward(scope, "norm2_context", "ff_context", context, text, dim);
            return in.with("hidden", scope.tap("hidden", hidden)).with("context", scope.tap("encoder_hidden", context));
        }

        private Tensor head(Scope scope, String linear, String norm, Tensor x) {
            return normalisedHeads(scope, linear, norm, x, dim, heads);
        }
    }

    /** Text followed by image becomes one sequence {@code joint [B, L + N, C]}. */
    private record Join() implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            return in.with("joint", in.get("context").concat(1, in.get("hidden")))
                    .without("context", "hidden");
        }
    }

    /** One sequence: attention and MLP read the same normalised input and are projected together. */
    private record SingleBlock(int dim, int heads) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor joint = in.get("joint");
            List<Tensor> parts = modulation(scope, "norm", in.get("temb"), dim, 3);
            scope.tap("norm.gate", parts.get(2));
            Tensor norm = scope.tap("norm.hidden", modulate(joint.layerNorm(EPS), parts.get(0), parts.get(1)));
            Tensor mlp = scope.tap("proj_mlp", scope.linear("proj_mlp", norm, dim, 4 * dim));
            Tensor attended = rotaryAttention(
                    normalisedHeads(scope, "attn.to_q", "attn.norm_q", norm, dim, heads),
                    normalisedHeads(scope, "attn.to_k", "attn.norm_k", norm, dim, heads),
                    DitLayers.heads(scope, "attn.to_v", norm, dim, heads),
                    in,
                    dim / heads);
            Tensor both = scope.tap("attn", attended).concat(-1, mlp.geluTanh());
            Tensor projected = scope.tap("proj_out", scope.linear("proj_out", both, 5 * dim, dim));
            return in.with("joint", scope.tap("joint", joint.plus(parts.get(2).times(projected))));
        }
    }

    /** The image part of the sequence, normalised (scale before shift, unlike the blocks) and projected to a velocity. */
    private record Head(int dim, int out) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor hidden = in.get("joint").tailAfter(1, in.get("encoder_hidden_states"));
            Tensor norm = continuousNorm(scope, "norm_out", hidden, in.get("temb"), dim);
            return in.with("velocity", scope.linear("proj_out", norm, dim, out));
        }
    }

    /** Rotary positions, attention over all tokens without a mask, heads merged: {@code [B, L + N, C]}. */
    private static Tensor rotaryAttention(Tensor query, Tensor key, Tensor value, Carry in, int headDim) {
        Tensor cos = in.get("rotary_cos");
        Tensor sin = in.get("rotary_sin");
        return DitLayers.attention(query.rotary(cos, sin), key.rotary(cos, sin), value, headDim);
    }
}
