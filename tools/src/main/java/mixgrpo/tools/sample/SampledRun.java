package mixgrpo.tools.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.model.AdapterFile;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.run.Summary;
import mixgrpo.trainer.checkpoint.Checkpoints;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.policy.TunedWeights;

/** A run to draw with: the tuned weights that it left, or those of its newest checkpoint. */
record SampledRun(RunFolder folder, TrainConfig config) {

    private static final String NAME = "quickstart(-[0-9]+)?";

    /** @throws IOException if its configuration cannot be read */
    static SampledRun open(Path path) throws IOException {
        RunFolder folder = new RunFolder(path);
        return new SampledRun(
                folder, Configuration.ofRun(folder.config(), List.of()).config());
    }

    /** Whether a folder is one of a run. */
    static boolean isRun(Path path) {
        return Files.isRegularFile(new RunFolder(path).config());
    }

    /**
     * The quickstart run that was changed last among those with tuned weights or a checkpoint.
     *
     * @param runs the folder of all runs, which may not exist
     */
    static Optional<Path> newestQuickstart(Path runs) throws IOException {
        if (!Files.isDirectory(runs)) {
            return Optional.empty();
        }
        try (Stream<Path> all = Files.list(runs)) {
            return all.filter(path -> path.getFileName().toString().matches(NAME) && isRun(path))
                    .filter(SampledRun::hasWeights)
                    .max(Comparator.comparing((Path path) ->
                                    new RunFolder(path).config().toFile().lastModified())
                            .thenComparing(Comparator.naturalOrder()));
        }
    }

    private static boolean hasWeights(Path path) {
        RunFolder folder = new RunFolder(path);
        return hasTuned(folder) || Files.isDirectory(folder.checkpoints());
    }

    private static boolean hasTuned(RunFolder folder) {
        return Files.exists(folder.transformer().resolve("config.json")) || Files.exists(folder.lora());
    }

    /** Iterations after which the tuned weights were left; 0 without a summary, which is written after them. */
    private int iterationsOfTuned() throws IOException {
        return Files.exists(folder.summary()) ? Summary.read(folder.summary()).iterations() : 0;
    }

    /**
     * Its weights: the tuned ones if it has gone no further since, else those of its newest checkpoint.
     *
     * @throws IllegalArgumentException if there are none yet
     */
    TunedModel tuned(ImageModel base) throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder.checkpoints(), config.checkpoint());
        Optional<Integer> newest = checkpoints.newest();
        boolean upToDate = newest.isEmpty() || newest.get() <= iterationsOfTuned();
        if (upToDate && Files.exists(folder.lora())) {
            return TunedModel.ofFiles(base, List.of(new AdapterFile(folder.lora(), 1)), false)
                    .called("tuned");
        }
        if (upToDate && hasTuned(folder)) {
            return TunedModel.of(base, folder.transformer(), "", "tuned");
        }
        if (newest.isEmpty()) {
            throw new IllegalArgumentException(
                    "--model: %s has no tuned weights and no checkpoint yet (the first comes after %d iterations); go on with tools/train --resume %s"
                            .formatted(folder.path(), config.checkpoint().every(), folder.path()));
        }
        WeightsFile saved = checkpoints.openNewest();
        String words = "checkpoint after %d of %d iterations, %s"
                .formatted(
                        newest.get(),
                        config.iterations(),
                        newest.get() < config.iterations() ? "training is not finished" : "not measured yet");
        return new TunedModel(words, TunedWeights.ofCheckpoint(saved, base.weights(), config.train()), false, saved);
    }
}
