package mixgrpo.trainer.pretrain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.SafetensorsWriter;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.runtime.scenes.Scene;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.runtime.text.TextEncoder;
import mixgrpo.trainer.torchscript.ScriptOptions;
import mixgrpo.trainer.torchscript.TrainableNetwork;

/**
 * The whole making of the scenes models, resumable: autoencoder, latents of all pictures, policy. Checkpoints and latents lie
 * in a work folder; a run that finds them goes on from there.
 */
public final class ScenesPretraining {

    /** The policy: 5.2 M parameters over 64 image tokens. */
    public static final FluxConfig POLICY =
            new FluxConfig(16, 16, 2, 4, 32, 6, TextEncoder.WIDTH, TextEncoder.WIDTH, false, List.of(8, 12, 12));

    /** The autoencoder, before its latents' scale is known: 64x64 pixels to 4 channels of 16x16. */
    public static final VaeConfig AUTOENCODER =
            new VaeConfig(3, 3, 4, List.of(16, 32, 48), 1, 8, true, false, false, 1, 0);

    private static final LatentPacking PACKING = new LatentPacking(
            AUTOENCODER.latentChannels(), Scene.SIDE / AUTOENCODER.stride(), Scene.SIDE / AUTOENCODER.stride());
    private static final String LATENTS = "latents";
    private static final int SAVE_EVERY = 250;
    private static final int ENCODED_TOGETHER = 50;
    private static final int MEASURED = 2_000;

    private final PretrainConfig config;
    private final Path work;
    private final Progress progress;

    /** @param work folder of checkpoints and latents; made if it does not exist */
    public ScenesPretraining(PretrainConfig config, Path work, Progress progress) {
        this.config = config;
        this.work = work;
        this.progress = progress;
    }

    /**
     * The autoencoder that was made.
     *
     * @param config with the scale of its latents
     * @param weights averaged, in memory
     */
    public record Autoencoder(VaeConfig config, Weights weights) {}

    /**
     * Trains the autoencoder and encodes the policy's pictures, or as much of that as is not done yet.
     *
     * @throws InterruptedException if it was stopped; all that was done is saved
     */
    public Autoencoder autoencoder() throws IOException, InterruptedException {
        Files.createDirectories(work);
        Path checkpoint = work.resolve("autoencoder.safetensors");
        Optional<Weights> finished = Training.finished(checkpoint, config.autoencoder());
        Weights weights = finished.isPresent() ? finished.get() : trainAutoencoder(checkpoint);
        if (!Files.exists(latentsFile())) {
            encode(weights);
        }
        return new Autoencoder(scaled(), weights);
    }

    private Weights trainAutoencoder(Path checkpoint) throws IOException, InterruptedException {
        Scenes scenes = Scenes.ofDistinctPrompts(config.autoencoder().pictures(), config.seed());
        AutoencoderTraining autoencoder = new AutoencoderTraining(config, AUTOENCODER, scenes);
        try (Training training = autoencoder.start(checkpoint)) {
            training.run(autoencoder::batch, checkpoint, SAVE_EVERY, progress);
            return ArrayWeights.copyOf(training.averaged());
        }
    }

    /**
     * Trains the policy on the latents that {@link #autoencoder} left, or makes the updates that are not made yet.
     *
     * @return averaged weights, in memory
     * @throws InterruptedException if it was stopped; all that was done is saved
     */
    public Weights policy() throws IOException, InterruptedException {
        Path checkpoint = work.resolve("policy.safetensors");
        Optional<Weights> finished = Training.finished(checkpoint, config.policy());
        if (finished.isPresent()) {
            return finished.get();
        }
        Scenes scenes = policyScenes();
        PolicyTraining policy = new PolicyTraining(config, POLICY, PACKING, latents(), texts(scenes.prompts()));
        try (Training training = policy.start(checkpoint)) {
            training.run(policy::batch, checkpoint, SAVE_EVERY, progress);
            return ArrayWeights.copyOf(training.averaged());
        }
    }

    private Scenes policyScenes() {
        return Scenes.ofDrawnPrompts(config.policy().pictures(), config.seed());
    }

    private Path latentsFile() {
        return work.resolve("latents.safetensors");
    }

    private List<TextEmbedding> texts(List<ScenePrompt> prompts) {
        List<String> words = prompts.stream().map(ScenePrompt::text).toList();
        try (TextEncoder encoder = new TextEncoder(config.textLength())) {
            return encoder.encode(words, done -> {});
        }
    }

    /** The autoencoder with the scaling and shift that make latents standard, from the first of them. */
    private VaeConfig scaled() throws IOException {
        try (WeightsFile saved = SafetensorsFile.open(latentsFile())) {
            float[] all = saved.floats(LATENTS);
            double sum = 0;
            double squares = 0;
            int measured = Math.min(MEASURED * PACKING.elements(), all.length);
            for (int i = 0; i < measured; i++) {
                sum += all[i];
                squares += all[i] * all[i];
            }
            double shift = sum / measured;
            return AUTOENCODER.withNormalisation(1 / Math.sqrt(squares / measured - shift * shift), shift);
        }
    }

    /** Normalised and packed latents of every picture. */
    private float[][] latents() throws IOException {
        VaeConfig scaled = scaled();
        float[][] latents = new float[config.policy().pictures()][];
        try (WeightsFile saved = SafetensorsFile.open(latentsFile())) {
            float[] all = saved.floats(LATENTS);
            if (all.length != latents.length * PACKING.elements()) {
                throw new IOException("%s: expected latents of %d pictures, got %d; was it made for another number?"
                        .formatted(latentsFile(), latents.length, all.length / PACKING.elements()));
            }
            for (int i = 0; i < latents.length; i++) {
                float[] row = new float[PACKING.elements()];
                for (int k = 0; k < row.length; k++) {
                    row[k] = scaled.normalised(all[i * row.length + k]);
                }
                latents[i] = PACKING.pack(row);
            }
        }
        return latents;
    }

    private void encode(Weights vaeWeights) throws IOException, InterruptedException {
        Scenes scenes = policyScenes();
        Network encoder = AutoencoderKl.encoder(AUTOENCODER);
        float[] means = new float[scenes.size() * PACKING.elements()];
        try (TrainableNetwork network = new TrainableNetwork(encoder, vaeWeights, ScriptOptions.plain())) {
            for (int start = 0; start < scenes.size(); start += ENCODED_TOGETHER) {
                int[] pictures = new int[Math.min(ENCODED_TOGETHER, scenes.size() - start)];
                for (int i = 0; i < pictures.length; i++) {
                    pictures[i] = start + i;
                }
                Array image = Array.of(scenes.pixels(pictures), pictures.length, 3, Scene.SIDE, Scene.SIDE);
                float[] moments =
                        network.infer(Map.of("image", image)).get("moments").values();
                for (int i = 0; i < pictures.length; i++) {
                    // Mean channels come first, log-variances behind them.
                    System.arraycopy(
                            moments,
                            2 * i * PACKING.elements(),
                            means,
                            (start + i) * PACKING.elements(),
                            PACKING.elements());
                }
                progress.encoded(start + pictures.length, scenes.size());
                if (progress.stops()) {
                    throw new InterruptedException();
                }
            }
        }
        Map<String, Array> latents = Map.of(LATENTS, Array.of(means, scenes.size(), PACKING.elements()));
        SafetensorsWriter.write(latentsFile(), new ArrayWeights(latents), Dtype.F32, Map.of());
    }
}
