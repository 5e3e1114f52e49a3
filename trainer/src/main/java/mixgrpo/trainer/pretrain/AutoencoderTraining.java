package mixgrpo.trainer.pretrain;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.Inventory;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Scope;
import mixgrpo.models.Stage;
import mixgrpo.models.Tensor;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Weights;
import mixgrpo.trainer.torchscript.AdamW;
import mixgrpo.trainer.torchscript.ScriptOptions;

/**
 * Trains the autoencoder on pictures of scenes: mean absolute plus twice the mean squared error of the reconstruction plus
 * 1e-3 times the Kullback-Leibler divergence of the latents from a standard normal.
 */
final class AutoencoderTraining {

    private static final double SQUARED = 2;
    private static final double DIVERGENCE = 1e-3;

    private final PretrainConfig config;
    private final VaeConfig vae;
    private final Scenes scenes;

    AutoencoderTraining(PretrainConfig config, VaeConfig vae, Scenes scenes) {
        this.config = config;
        this.vae = vae;
        this.scenes = scenes;
    }

    /** As far as the checkpoint goes, or at the beginning. The caller runs and closes it. */
    Training start(Path checkpoint) throws IOException {
        Network network = reconstruction(vae);
        Weights initial = new Initialization(Inventory.parameters(network), key -> false, config.seed());
        var settings = new AdamW.Settings(config.autoencoder().learningRate(), .9, .99, 1e-8, 1e-4, 1);
        var options = ScriptOptions.plain();
        Training training = new Training(
                Progress.Part.AUTOENCODER, config.autoencoder(), network, initial, options, settings, .995);
        try {
            training.resume(checkpoint);
            return training;
        } catch (IOException | RuntimeException e) {
            training.close();
            throw e;
        }
    }

    /** Encoder, a draw from its moments, decoder: {@code image} and {@code noise} to {@code image} and {@code moments}. */
    static Network reconstruction(VaeConfig config) {
        Network encoder = AutoencoderKl.encoder(config);
        Network decoder = AutoencoderKl.decoder(config);
        List<NamedStage> stages = new ArrayList<>(encoder.stages());
        stages.add(new NamedStage("", new Sample()));
        stages.addAll(decoder.stages());
        List<Network.Input> inputs = new ArrayList<>(encoder.inputs());
        inputs.add(Network.Input.floats("noise", "batch", "" + config.latentChannels(), "rows", "columns"));
        return new Network("AutoencoderKL", inputs, stages, List.of("image", "moments"));
    }

    private record Sample() implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            List<Tensor> moments = in.get("moments").chunk(2, 1);
            Tensor std = moments.get(1).clamp(-30, 20).times(.5).exp();
            return in.without("noise").with("latents", moments.get(0).plus(std.times(in.get("noise"))));
        }
    }

    Training.Batch batch(int step) {
        Draws draws = new Draws(config.seed(), Draws.AUTOENCODER_STEP, step);
        int batch = config.autoencoder().batch();
        float[] pixels = scenes.pixels(draws.indices(batch, scenes.size()));
        int side = (int) Math.sqrt(pixels.length / 3 / batch);
        int latentSide = side / vae.stride();
        Array image = Array.of(pixels, batch, 3, side, side);
        Array noise = Array.of(
                draws.normals(batch * vae.latentChannels() * latentSide * latentSide),
                batch,
                vae.latentChannels(),
                latentSide,
                latentSide);
        return new Training.Batch() {
            @Override
            public Map<String, Array> inputs() {
                return Map.of("image", image, "noise", noise);
            }

            @Override
            public double loss(Map<String, Array> outputs, Map<String, Array> gradients) {
                return reconstructionLoss(outputs.get("image"), image, gradients)
                        + divergence(outputs.get("moments"), gradients);
            }
        };
    }

    private static double reconstructionLoss(Array output, Array target, Map<String, Array> gradients) {
        float[] gradient = new float[output.values().length];
        double loss = 0;
        for (int i = 0; i < gradient.length; i++) {
            double error = output.values()[i] - target.values()[i];
            loss += Math.abs(error) + SQUARED * error * error;
            gradient[i] = (float) ((Math.signum(error) + 2 * SQUARED * error) / gradient.length);
        }
        gradients.put("image", new Array(output.shape(), gradient));
        return loss / gradient.length;
    }

    /** Half the mean of {@code mean^2 + exp(logvar) - 1 - logvar}; moments are [B, mean and log-variance, h, w]. */
    private static double divergence(Array moments, Map<String, Array> gradients) {
        float[] values = moments.values();
        float[] gradient = new float[values.length];
        int half = values.length / Math.toIntExact(moments.shape()[0]) / 2;
        int elements = values.length / 2;
        double loss = 0;
        for (int i = 0; i < values.length; i++) {
            double value = values[i];
            if (i / half % 2 == 0) {
                loss += value * value;
                gradient[i] = (float) (DIVERGENCE * value / elements);
            } else {
                loss += Math.exp(value) - 1 - value;
                gradient[i] = (float) (DIVERGENCE * .5 * (Math.exp(value) - 1) / elements);
            }
        }
        gradients.put("moments", new Array(moments.shape(), gradient));
        return DIVERGENCE * .5 * loss / elements;
    }
}
