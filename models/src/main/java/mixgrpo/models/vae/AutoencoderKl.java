package mixgrpo.models.vae;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mixgrpo.models.Carry;
import mixgrpo.models.Inventory;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Scope;
import mixgrpo.models.Stage;
import mixgrpo.models.Tensor;
import mixgrpo.models.weights.RenamedWeights;
import mixgrpo.models.weights.Weights;

/**
 * Diffusers' AutoencoderKL as two networks. Pixels are {@code [B, 3, H, W]} in [-1, 1], latents {@code [B, C, h, w]} before
 * scaling and shift.
 */
public final class AutoencoderKl {

    private static final double EPS = 1e-6;

    private static final Pattern OLD_ATTENTION =
            Pattern.compile("(.*\\.attentions\\.\\d+)\\.(query|key|value|proj_attn)\\.(weight|bias)");
    private static final Map<String, String> ATTENTION_LAYERS =
            Map.of("query", "to_q", "key", "to_k", "value", "to_v", "proj_attn", "to_out.0");

    private AutoencoderKl() {}

    /** Shape of every parameter of encoder and decoder by its key: what a checkpoint holds. */
    public static Map<String, long[]> checkpoint(VaeConfig config) {
        Map<String, long[]> shapes = Inventory.checkpoint(encoder(config));
        shapes.putAll(Inventory.checkpoint(decoder(config)));
        return shapes;
    }

    /** A checkpoint with the keys of today, where old files name attention layers query, key, value and proj_attn. */
    public static Weights withCurrentKeys(Weights checkpoint) {
        return new RenamedWeights(checkpoint, key -> {
            Matcher old = OLD_ATTENTION.matcher(key);
            return old.matches() ? old.group(1) + "." + ATTENTION_LAYERS.get(old.group(2)) + "." + old.group(3) : key;
        });
    }

    /**
     * {@code image [B, in, H, W]} to {@code moments [B, 2 C, h, w]}: mean channels, then log-variance channels (to be clamped to
     * [-30, 20]).
     */
    public static Network encoder(VaeConfig config) {
        List<Integer> channels = config.blockOutChannels();
        int last = channels.get(channels.size() - 1);
        List<NamedStage> stages = new ArrayList<>();
        stages.add(new NamedStage("encoder", new ConvIn("image", config.inChannels(), channels.get(0))));
        int in = channels.get(0);
        for (int level = 0; level < channels.size(); level++) {
            int out = channels.get(level);
            boolean halves = level < channels.size() - 1;
            stages.add(new NamedStage(
                    "encoder.down_blocks." + level,
                    new Down(in, out, config.layersPerBlock(), config.normNumGroups(), halves)));
            in = out;
        }
        stages.add(new NamedStage(
                "encoder.mid_block", new Mid(last, config.normNumGroups(), config.midBlockAddAttention())));
        stages.add(new NamedStage("encoder", new ConvOut(last, 2 * config.latentChannels(), config.normNumGroups())));
        stages.add(new NamedStage(
                "", new Quant("quant_conv", config.useQuantConv() ? 2 * config.latentChannels() : 0, "x", "moments")));
        Network.Input image = Network.Input.floats("image", "batch", "" + config.inChannels(), "height", "width");
        return new Network("AutoencoderKL.encoder", List.of(image), stages, List.of("moments"));
    }

    /** {@code latents [B, C, h, w]} to {@code image [B, out, H, W]}. */
    public static Network decoder(VaeConfig config) {
        List<Integer> channels = config.blockOutChannels();
        int levels = channels.size();
        int in = channels.get(levels - 1);
        List<NamedStage> stages = new ArrayList<>();
        stages.add(new NamedStage(
                "",
                new Quant("post_quant_conv", config.usePostQuantConv() ? config.latentChannels() : 0, "latents", "z")));
        stages.add(new NamedStage("decoder", new ConvIn("z", config.latentChannels(), in)));
        stages.add(new NamedStage(
                "decoder.mid_block", new Mid(in, config.normNumGroups(), config.midBlockAddAttention())));
        for (int level = 0; level < levels; level++) {
            int out = channels.get(levels - 1 - level);
            boolean doubles = level < levels - 1;
            stages.add(new NamedStage(
                    "decoder.up_blocks." + level,
                    new Up(in, out, config.layersPerBlock() + 1, config.normNumGroups(), doubles)));
            in = out;
        }
        stages.add(new NamedStage("decoder", new ConvOut(in, config.outChannels(), config.normNumGroups())));
        stages.add(new NamedStage("", new Quant("", 0, "x", "image")));
        Network.Input latents =
                Network.Input.floats("latents", "batch", "" + config.latentChannels(), "height", "width");
        return new Network("AutoencoderKL.decoder", List.of(latents), stages, List.of("image"));
    }

    /** A 1x1 convolution over {@code channels}, or with 0 channels nothing but a change of name. */
    private record Quant(String name, int channels, String from, String to) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor x = in.get(from);
            return in.without(from).with(to, channels == 0 ? x : scope.conv2d(name, x, channels, channels, 1, 1, 0));
        }
    }

    private record ConvIn(String from, int in, int out) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry carry) {
            Tensor x = scope.conv2d("conv_in", carry.get(from), in, out, 3, 1, 1);
            return carry.without(from).with("x", scope.tap("conv_in", x));
        }
    }

    private record ConvOut(int in, int out, int groups) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry carry) {
            Tensor norm = scope.tap("conv_norm_out", norm(scope, "conv_norm_out", carry.get("x"), in, groups));
            return carry.with("x", scope.conv2d("conv_out", norm.silu(), in, out, 3, 1, 1));
        }
    }

    private record Down(int in, int out, int layers, int groups, boolean halves) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry carry) {
            Tensor x = carry.get("x");
            for (int i = 0; i < layers; i++) {
                x = resnet(scope, "resnets." + i, x, i == 0 ? in : out, out, groups);
            }
            if (halves) {
                // Padded on the right and at the bottom only.
                x = scope.conv2d("downsamplers.0.conv", x.pad2d(0, 1, 0, 1), out, out, 3, 2, 0);
            }
            return carry.with("x", scope.tap("", x));
        }
    }

    private record Up(int in, int out, int layers, int groups, boolean doubles) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry carry) {
            Tensor x = carry.get("x");
            for (int i = 0; i < layers; i++) {
                x = resnet(scope, "resnets." + i, x, i == 0 ? in : out, out, groups);
            }
            if (doubles) {
                x = scope.conv2d("upsamplers.0.conv", x.upsampleNearest2x(), out, out, 3, 1, 1);
            }
            return carry.with("x", scope.tap("", x));
        }
    }

    /** Two resnets, between them attention of one head over all channels and places. */
    private record Mid(int channels, int groups, boolean attends) implements Stage {
        @Override
        public Carry apply(Scope scope, Carry carry) {
            Tensor x = scope.tap("resnets.0", resnet(scope, "resnets.0", carry.get("x"), channels, channels, groups));
            if (attends) {
                x = scope.tap("attentions.0", attention(scope, "attentions.0", x));
            }
            return carry.with("x", scope.tap("", resnet(scope, "resnets.1", x, channels, channels, groups)));
        }

        private Tensor attention(Scope scope, String name, Tensor x) {
            Tensor places = norm(scope, name + ".group_norm", x, channels, groups)
                    .reshape(0, 0, -1)
                    .permute(0, 2, 1);
            Tensor attended = head(scope, name + ".to_q", places)
                    .attention(
                            head(scope, name + ".to_k", places),
                            head(scope, name + ".to_v", places),
                            1 / Math.sqrt(channels))
                    .reshape(0, -1, channels);
            Tensor out = scope.linear(name + ".to_out.0", attended, channels, channels);
            return x.plus(out.permute(0, 2, 1).reshapeLike(x));
        }

        private Tensor head(Scope scope, String name, Tensor places) {
            return scope.linear(name, places, channels, channels).reshape(0, 1, -1, channels);
        }
    }

    private static Tensor resnet(Scope scope, String name, Tensor x, int in, int out, int groups) {
        Tensor hidden = norm(scope, name + ".norm1", x, in, groups).silu();
        hidden = scope.conv2d(name + ".conv1", hidden, in, out, 3, 1, 1);
        hidden = norm(scope, name + ".norm2", hidden, out, groups).silu();
        hidden = scope.conv2d(name + ".conv2", hidden, out, out, 3, 1, 1);
        return hidden.plus(in == out ? x : scope.conv2d(name + ".conv_shortcut", x, in, out, 1, 1, 0));
    }

    private static Tensor norm(Scope scope, String name, Tensor x, int channels, int groups) {
        return x.groupNorm(groups, scope.param(name + ".weight", channels), scope.param(name + ".bias", channels), EPS);
    }
}
