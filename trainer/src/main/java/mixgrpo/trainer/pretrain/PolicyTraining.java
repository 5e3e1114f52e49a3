package mixgrpo.trainer.pretrain;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.dit.Sinusoid;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.flux.RotaryTables;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.trainer.torchscript.AdamW;
import mixgrpo.trainer.torchscript.ScriptOptions;

/**
 * Trains the policy by flow matching (arXiv 2210.02747): at {@code x = (1 - sigma) x0 + sigma noise} it shall give the velocity
 * {@code noise - x0}, in mean squared error. Most sigmas are high, where layout, colour and number are decided: sigma =
 * sigmoid(1.1 + 1.1 n), n ~ N(0, 1).
 */
final class PolicyTraining {

    private static final double SIGMA_LOCATION = 1.1;
    private static final double SIGMA_SCALE = 1.1;

    private final PretrainConfig config;
    private final FluxConfig flux;
    private final LatentPacking packing;
    private final float[][] latents;
    private final List<TextEmbedding> texts;
    private final RotaryTables rotary;

    /**
     * @param latents packed and normalised, one row a picture
     * @param texts embedding of every prompt; picture i shows prompt {@code i % prompts}
     */
    PolicyTraining(
            PretrainConfig config,
            FluxConfig flux,
            LatentPacking packing,
            float[][] latents,
            List<TextEmbedding> texts) {
        this.config = config;
        this.flux = flux;
        this.packing = packing;
        this.latents = latents;
        this.texts = texts;
        rotary = RotaryTables.of(flux.axesDimsRope(), config.textLength(), packing.rows(), packing.columns());
    }

    Training start(Path checkpoint) throws IOException {
        Network network = FluxTransformer.of(flux);
        Weights initial =
                new Initialization(Inventory.parameters(network), PolicyTraining::startsAtZero, config.seed());
        var settings = new AdamW.Settings(config.policy().learningRate(), .9, .98, 1e-8, .01, 1);
        var options = new ScriptOptions(config.precision(), false, Optional.empty());
        Training training =
                new Training(Progress.Part.POLICY, config.policy(), network, initial, options, settings, .9985);
        try {
            training.resume(checkpoint);
            return training;
        } catch (IOException | RuntimeException e) {
            training.close();
            throw e;
        }
    }

    /** Modulations and the output start at zero (adaLN-zero): every block begins as the identity. */
    private static boolean startsAtZero(String key) {
        return key.contains("norm1.linear.")
                || key.contains("norm1_context.linear.")
                || key.contains("norm.linear.")
                || key.contains("norm_out.linear.")
                || key.startsWith("proj_out.");
    }

    Training.Batch batch(int step) {
        Draws draws = new Draws(config.seed(), Draws.POLICY_STEP, step);
        int batch = config.policy().batch();
        int elements = packing.elements();
        int width = flux.jointAttentionDim();
        int length = config.textLength();
        float[] noisy = new float[batch * elements];
        float[] target = new float[batch * elements];
        float[] states = new float[batch * length * width];
        float[] pooled = new float[batch * flux.pooledProjectionDim()];
        float[] sigmas = new float[batch];
        int[] pictures = draws.indices(batch, latents.length);
        for (int i = 0; i < batch; i++) {
            double sigma = 1 / (1 + StrictMath.exp(-(SIGMA_LOCATION + SIGMA_SCALE * draws.nextNormal())));
            sigmas[i] = (float) sigma;
            float[] x0 = latents[pictures[i]];
            float[] noise = draws.normals(elements);
            for (int k = 0; k < elements; k++) {
                noisy[i * elements + k] = (float) ((1 - sigma) * x0[k] + sigma * noise[k]);
                target[i * elements + k] = noise[k] - x0[k];
            }
            TextEmbedding text = texts.get(pictures[i] % texts.size());
            System.arraycopy(text.tokenStates(), 0, states, i * length * width, text.tokenStates().length);
            System.arraycopy(text.pooled(), 0, pooled, i * text.pooled().length, text.pooled().length);
        }
        Map<String, Array> inputs = Map.of(
                "hidden_states", Array.of(noisy, batch, packing.tokens(), flux.inChannels()),
                "encoder_hidden_states", Array.of(states, batch, length, width),
                "pooled_projections", Array.of(pooled, batch, flux.pooledProjectionDim()),
                "timestep_proj", Array.of(Sinusoid.ofThousandths(sigmas), batch, Sinusoid.CHANNELS),
                "rotary_cos", Array.of(rotary.cos(), length + packing.tokens(), flux.attentionHeadDim()),
                "rotary_sin", Array.of(rotary.sin(), length + packing.tokens(), flux.attentionHeadDim()));
        return new Training.Batch() {
            @Override
            public Map<String, Array> inputs() {
                return inputs;
            }

            @Override
            public double loss(Map<String, Array> outputs, Map<String, Array> gradients) {
                Array velocity = outputs.get("velocity");
                float[] gradient = new float[target.length];
                double loss = 0;
                for (int i = 0; i < target.length; i++) {
                    double error = velocity.values()[i] - target[i];
                    loss += error * error;
                    gradient[i] = (float) (2 * error / target.length);
                }
                gradients.put("velocity", new Array(velocity.shape(), gradient));
                return loss / target.length;
            }
        };
    }
}
