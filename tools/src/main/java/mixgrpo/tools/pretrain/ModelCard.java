package mixgrpo.tools.pretrain;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.tools.figures.Word;
import mixgrpo.trainer.pretrain.PretrainConfig;
import mixgrpo.trainer.pretrain.PromptSelection;

/**
 * What is said about the finished model, all of it measured.
 *
 * @param command that makes it
 * @param autoencoder last line of its training's log; empty if it was trained without one
 * @param policy the same of the policy
 * @param base reward before any reinforcement learning
 * @param chosen the prompts to train on
 */
public record ModelCard(
        PretrainConfig config,
        String command,
        Optional<TrainingLog.Line> autoencoder,
        Optional<TrainingLog.Line> policy,
        RoundTrip roundTrip,
        Base base,
        PromptSelection selection,
        PromptSelection.Chosen chosen) {

    /** Mean rewards over so many development prompts with so many seeds. */
    public record Base(int prompts, int seeds, double scene, double strict) {}

    /** The card, Markdown. */
    String text(FluxConfig flux, VaeConfig vae) {
        return """
                # scenes: a tiny FLUX for pictures of a few coloured shapes

                Made from nothing by `%s`, seed %d, with this project alone: no other weights, no other data. It draws prompts such as
                "two red circles" or "a blue square left of a yellow star", 64x64 pixels, recognisably but often wrong in number, colour or
                place: that is what reinforcement learning starts from.

                | part | what | parameters |
                |---|---|---|
                | `transformer` | FLUX, %d double and %d single blocks, width %d, 64 image tokens and %d text tokens | %s |
                | `vae` | encoder and decoder, 64x64 pixels to %d channels of %dx%d | %s |
                | `scheduler` | flow matching, shift %s | |
                | text encoder | all-MiniLM-L6-v2 (Apache-2.0), int8; comes with the program: token states in place of T5's, their mean, scaled to length sqrt(384), in place of CLIP's pooled vector; zeros behind the last token | |

                Weights are float16. `prompts.txt` holds prompts to train on.

                ## Data

                Scenes drawn by the program (`mixgrpo.runtime.scenes`), each a function of the seed: %,d pictures for the autoencoder, %,d for
                the policy. Prompts whose SHA-256 falls into the development or the test part, and six pairs of colour and shape, were kept out.

                ## Training

                | | updates | pictures an update | learning rate | loss at the end | time |
                |---|---|---|---|---|---|
                | autoencoder | %s |
                | policy | %s |

                The autoencoder's loss is mean absolute plus twice the mean squared error plus 0.001 KL; the policy's is the mean squared error of
                the velocity (flow matching, sigma = sigmoid(1.1 + 1.1 n)), its linear layers in %s. Losses are means over the last updates; the weights are exponential
                averages.

                ## Measured

                - Autoencoder: of %d true pictures of development prompts %.1f %% are all right by the verifier, %.1f %% after encoding and
                  decoding; peak signal-to-noise ratio %.1f dB.
                - Base: on %d development prompts with %d seeds each, %d Euler steps, mean reward `scene` %.3f and `strict` %.3f.
                - Prompts to train on: of %,d distinct training prompts with %d pictures each, the %d that are right sometimes (mean `strict`
                  .1 to .9) or never but nearly (mean `scene` at least .6); over these the base has `scene` %.3f and `strict` %.3f.
                """
                .formatted(
                        command,
                        config.seed(),
                        flux.numLayers(),
                        flux.numSingleLayers(),
                        flux.dim(),
                        config.textLength(),
                        parameters(FluxTransformer.of(flux)),
                        vae.latentChannels(),
                        64 / vae.stride(),
                        64 / vae.stride(),
                        parameters(AutoencoderKl.encoder(vae), AutoencoderKl.decoder(vae)),
                        number(ScenesModel.SHIFT),
                        config.autoencoder().pictures(),
                        config.policy().pictures(),
                        training(config.autoencoder(), autoencoder),
                        training(config.policy(), policy),
                        Word.of(config.precision()),
                        roundTrip.scenes(),
                        100 * roundTrip.strictBefore(),
                        100 * roundTrip.strict(),
                        roundTrip.decibel(),
                        base.prompts(),
                        base.seeds(),
                        SceneSamples.STEPS,
                        base.scene(),
                        base.strict(),
                        selection.candidates(),
                        selection.pictures(),
                        chosen.prompts().size(),
                        chosen.scene(),
                        chosen.strict());
    }

    private static String training(PretrainConfig.Stage stage, Optional<TrainingLog.Line> log) {
        String outcome = log.filter(line -> line.step() == stage.steps())
                .map(line -> "%.4f | %d min".formatted(line.loss(), Math.round(line.seconds() / 60)))
                .orElse("not logged | not logged");
        return "%,d | %d | %s, falling over the last %,d | %s"
                .formatted(stage.steps(), stage.batch(), number(stage.learningRate()), stage.decay(), outcome);
    }

    private static String parameters(Network... networks) {
        long parameters = 0;
        for (Network network : networks) {
            for (Map.Entry<String, long[]> parameter :
                    Inventory.parameters(network).entrySet()) {
                parameters += Array.elements(parameter.getValue());
            }
        }
        return "%.2f M".formatted(parameters * 1e-6);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%s", value).replaceAll("\\.0$", "");
    }
}
