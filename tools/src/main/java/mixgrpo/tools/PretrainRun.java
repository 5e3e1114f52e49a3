package mixgrpo.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.pretrain.ModelCard;
import mixgrpo.tools.pretrain.PretrainFolder;
import mixgrpo.tools.pretrain.ScenesModel;
import mixgrpo.tools.pretrain.ScenesProgress;
import mixgrpo.tools.run.FolderLock;
import mixgrpo.trainer.pretrain.PretrainConfig;
import mixgrpo.trainer.pretrain.PromptSelection;
import mixgrpo.trainer.pretrain.ScenesPretraining;
import mixgrpo.trainer.torchscript.Precision;

/** Pretraining of the built-in model. */
final class PretrainRun {

    /** Fewer prompts to train on than these are worth a remark. */
    private static final int ENOUGH_PROMPTS = 500;

    private final PretrainConfig config;
    private final Path out;
    private final PromptSelection selection;
    private final Console console;

    /** @param out folder for checkpoints, samples and the finished model */
    PretrainRun(PretrainConfig config, Path out, PromptSelection selection, Console console) {
        this.config = config;
        this.out = out;
        this.selection = selection;
        this.console = console;
    }

    /** What is made of the options. */
    static PretrainConfig config(long seed, Precision precision, int vaeSteps, int policySteps) {
        PretrainConfig shipped = PretrainConfig.shipped();
        return new PretrainConfig(
                seed,
                shipped.textLength(),
                precision,
                shipped.autoencoder().withSteps(vaeSteps),
                shipped.policy().withSteps(policySteps));
    }

    @SuppressWarnings("try") // the lock is there for its effect
    ExitCode call() throws IOException {
        Files.createDirectories(out);
        try (FolderLock lock = FolderLock.of(out)) {
            PretrainFolder folder = PretrainFolder.open(out, config);
            folder.deleteLeftovers();
            return make(folder);
        }
    }

    private ExitCode make(PretrainFolder folder) throws IOException {
        ScenesModel model = new ScenesModel(folder, config);
        Counts counts = new Counts();
        try (Interrupt interrupt = Interrupt.listen(console);
                ScenesProgress progress = new ScenesProgress(folder, counts, interrupt::requested)) {
            ScenesPretraining pretraining = new ScenesPretraining(config, out, progress);
            ScenesPretraining.Autoencoder autoencoder = pretraining.autoencoder();
            progress.setAutoencoder(autoencoder);
            model.writeWeights(autoencoder, pretraining.policy());
        } catch (InterruptedException e) {
            counts.end();
            console.print("saved; the same command goes on from there%n".formatted());
            return ExitCode.INTERRUPTED;
        }
        // From here on there is nothing to save: started again, it measures again.
        ModelCard card = model.finish(selection, command(), counts);
        counts.end();
        console.print(outcome(card, folder));
        return ExitCode.OK;
    }

    private String command() {
        return "tools/pretrain scenes --seed %d --precision %s --vae-steps %d --policy-steps %d"
                .formatted(
                        config.seed(),
                        Word.of(config.precision()),
                        config.autoencoder().steps(),
                        config.policy().steps());
    }

    /** A progress line for one count after the other. */
    private final class Counts implements ScenesProgress.Display {
        private String what = "";
        private Progress progress;

        @Override
        public void update(String counted, int done, int all, String remark) {
            if (!counted.equals(what)) {
                end();
                what = counted;
                progress = new Progress(console, counted, done, all); // the rate shows from the next on
            }
            progress.update(done, remark);
        }

        void end() {
            if (progress != null) {
                progress.end();
            }
        }
    }

    private static String outcome(ModelCard card, PretrainFolder folder) {
        String text =
                """
                base on %d development prompts: scene %.3f, strict %.3f
                autoencoder: %.1f %% of %d true pictures stay right
                prompts to train on: %d%s
                model: %s (MODEL_CARD.md, samples.png)
                """
                        .formatted(
                                card.base().prompts(),
                                card.base().scene(),
                                card.base().strict(),
                                100 * card.roundTrip().strict(),
                                card.roundTrip().scenes(),
                                card.chosen().prompts().size(),
                                card.chosen().prompts().size() < ENOUGH_PROMPTS
                                        ? ", few of the candidates: the model is too often all wrong or all right"
                                        : "",
                                folder.model());
        return text;
    }
}
