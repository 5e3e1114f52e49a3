package mixgrpo.tools.pretrain;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.Weights;
import mixgrpo.tools.model.FluxArchitecture;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.SchedulerConfig;
import mixgrpo.trainer.evaluate.Evaluation;
import mixgrpo.trainer.pretrain.PretrainConfig;
import mixgrpo.trainer.pretrain.Progress.Part;
import mixgrpo.trainer.pretrain.PromptSelection;
import mixgrpo.trainer.pretrain.ScenesPretraining;

/**
 * The finished model in its folder: weights, then prompts to train on, then a card that says what it is. Everything that the card and
 * the prompts are about is measured with the weights as they lie in the folder, rounded.
 */
public final class ScenesModel {

    /** Of the noise levels: most of them are high, where layout and number are decided. */
    static final double SHIFT = 3;

    /**
     * Half precision with 11 significant bits. The weights lie well within its range, and it rounds them eight times as finely as
     * bfloat16 does.
     */
    private static final Dtype DTYPE = Dtype.F16;

    private static final int MEASURED_PROMPTS = 256;
    private static final int MEASURED_SEEDS = 2;
    private static final int ROUND_TRIPS = 500;

    private final PretrainFolder folder;
    private final PretrainConfig config;

    public ScenesModel(PretrainFolder folder, PretrainConfig config) {
        this.folder = folder;
        this.config = config;
    }

    /** Writes the model folder without prompts and card. */
    public void writeWeights(ScenesPretraining.Autoencoder autoencoder, Weights policy) throws IOException {
        try (ImageModel model = ImageModel.of(
                new FluxArchitecture(ScenesPretraining.POLICY),
                autoencoder.config(),
                policy,
                autoencoder.weights(),
                SchedulerConfig.shifted(SHIFT))) {
            model.write(folder.model(), DTYPE);
        }
    }

    /**
     * Measures what lies in the folder and writes prompts, card and a grid of pictures.
     *
     * @param command that makes the same model, for the card
     */
    public ModelCard finish(PromptSelection selection, String command, ScenesProgress.Display display)
            throws IOException {
        try (ImageModel model = ImageModel.open(folder.model().toString());
                SceneSamples samples = new SceneSamples(model)) {
            samples.drawGrid(folder.model().resolve("samples.png"));
            RoundTrip roundTrip = RoundTrip.measure(model, ROUND_TRIPS);
            Evaluation.Result base = samples.measure(
                    SceneSamples.developmentPrompts(MEASURED_PROMPTS),
                    0,
                    MEASURED_SEEDS,
                    done -> display.update("picture measured", done, MEASURED_PROMPTS * MEASURED_SEEDS, ""));
            PromptSelection.Chosen chosen = selection.choose(
                    (prompts, first, pictures) -> samples.measure(prompts, first, pictures, done -> {})
                            .rewards(),
                    done -> display.update("prompt tried", done, selection.candidates(), ""));
            if (chosen.prompts().isEmpty()) {
                throw new IOException(
                        "none of %d prompts is sometimes drawn right by this model (mean scene reward %.3f on development prompts); train it longer"
                                .formatted(selection.candidates(), base.mean("scene")));
            }
            ModelCard card = new ModelCard(
                    config,
                    command,
                    TrainingLog.last(folder.log(), Part.AUTOENCODER),
                    TrainingLog.last(folder.log(), Part.POLICY),
                    roundTrip,
                    new ModelCard.Base(MEASURED_PROMPTS, MEASURED_SEEDS, base.mean("scene"), base.mean("strict")),
                    selection,
                    chosen);
            write("prompts.txt", String.join("\n", chosen.prompts()) + "\n");
            write("MODEL_CARD.md", card.text(ScenesPretraining.POLICY, model.vaeConfig()));
            return card;
        }
    }

    private void write(String name, String text) throws IOException {
        AtomicFile.write(folder.model().resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }
}
