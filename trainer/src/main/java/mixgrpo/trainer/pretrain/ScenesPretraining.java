package mixgrpo.trainer.pretrain;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.LatentPacking;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.SafetensorsWriter;
import mixgrpo.models.weights.Weights;
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
            new FluxConfig(16, 16, 2, 4, 32, 6, TextEmbedding.WIDTH, TextEmbedding.WIDTH, false, List.of(8, 12, 12));

    /** The autoencoder, before its latents' scale is known: 64x64 pixels to 4 channels of 16x16. */
    public static final VaeConfig AUTOENCODER =
            new VaeConfig(3, 3, 4, List.of(16, 32, 48), 1, 8, true, false, false, 1, 0);

    private static final int ENCODED_TOGETHER = 50;
    private static final int MEASURED = 2_000;

    private final PretrainConfig config;
    private final Path work;
    private final Progress progress;

    public ScenesPretraining(PretrainConfig config, Path work, Progress progress) {
        this.config = config;
        this.work = work;
        this.progress = progress;
    }

    /** What came out: the models' configurations and averaged weights, which belong to the caller's memory. */
    public record Result(VaeConfig vae, Weights vaeWeights, FluxConfig policy, Weights policyWeights) {}

    public Result run() throws IOException {
        Files.createDirectories(work);
        Weights vaeWeights =
                autoencoder(Scenes.ofDistinctPrompts(config.autoencoder().pictures(), config.seed()));
        Scenes scenes = Scenes.ofDrawnPrompts(config.policy().pictures(), config.seed());
        VaeConfig[] vae = new VaeConfig[1];
        float[][] latents = latents(scenes, vaeWeights, vae);
        Weights policyWeights = policy(scenes, latents);
        return new Result(vae[0], vaeWeights, POLICY, policyWeights);
    }

    private Weights autoencoder(Scenes scenes) throws IOException {
        Path checkpoint = work.resolve("autoencoder.safetensors");
        AutoencoderTraining autoencoder = new AutoencoderTraining(config, AUTOENCODER, scenes);
        try (Training training = autoencoder.start(checkpoint)) {
            training.run(autoencoder::batch, checkpoint, 250, progress);
            return copy(training.averaged());
        }
    }

    private Weights policy(Scenes scenes, float[][] latents) throws IOException {
        Path checkpoint = work.resolve("policy.safetensors");
        int side = 64 / AUTOENCODER.stride();
        LatentPacking packing = new LatentPacking(AUTOENCODER.latentChannels(), side, side);
        List<TextEmbedding> texts = texts(scenes.prompts());
        PolicyTraining policy = new PolicyTraining(config, POLICY, packing, latents, texts);
        try (Training training = policy.start(checkpoint)) {
            training.run(policy::batch, checkpoint, 250, progress);
            return copy(training.averaged());
        }
    }

    private List<TextEmbedding> texts(List<ScenePrompt> prompts) {
        List<String> words = prompts.stream().map(ScenePrompt::text).toList();
        try (TextEncoder encoder = new TextEncoder(config.textLength())) {
            return encoder.encode(words, done -> {});
        }
    }

    /** Normalised and packed latents of every picture; the autoencoder's configuration with their scale goes to {@code vae}. */
    private float[][] latents(Scenes scenes, Weights vaeWeights, VaeConfig[] vae) throws IOException {
        Path file = work.resolve("latents.safetensors");
        int side = 64 / AUTOENCODER.stride();
        LatentPacking packing = new LatentPacking(AUTOENCODER.latentChannels(), side, side);
        if (!Files.exists(file)) {
            float[] means = encode(scenes, vaeWeights, packing);
            SafetensorsWriter.write(
                    file, single("latents", Array.of(means, scenes.size(), packing.elements())), Dtype.F32, Map.of());
        }
        float[][] latents = new float[scenes.size()][];
        try (SafetensorsFile saved = SafetensorsFile.open(file)) {
            float[] all = saved.floats("latents");
            double sum = 0;
            double squares = 0;
            int measured = Math.min(MEASURED, latents.length) * packing.elements();
            for (int i = 0; i < measured; i++) {
                sum += all[i];
                squares += all[i] * all[i];
            }
            double shift = sum / measured;
            double scaling = 1 / Math.sqrt(squares / measured - shift * shift);
            vae[0] = AUTOENCODER.withNormalisation(scaling, shift);
            for (int i = 0; i < latents.length; i++) {
                float[] row = new float[packing.elements()];
                for (int k = 0; k < row.length; k++) {
                    row[k] = (float) ((all[i * row.length + k] - shift) * scaling);
                }
                latents[i] = packing.pack(row);
            }
        }
        return latents;
    }

    private float[] encode(Scenes scenes, Weights vaeWeights, LatentPacking packing) throws IOException {
        Network encoder = AutoencoderKl.encoder(AUTOENCODER);
        float[] means = new float[scenes.size() * packing.elements()];
        try (TrainableNetwork network = new TrainableNetwork(encoder, vaeWeights, ScriptOptions.plain())) {
            for (int start = 0; start < scenes.size(); start += ENCODED_TOGETHER) {
                int[] pictures = new int[Math.min(ENCODED_TOGETHER, scenes.size() - start)];
                for (int i = 0; i < pictures.length; i++) {
                    pictures[i] = start + i;
                }
                Array image = Array.of(scenes.pixels(pictures), pictures.length, 3, 64, 64);
                float[] moments =
                        network.infer(Map.of("image", image)).get("moments").values();
                for (int i = 0; i < pictures.length; i++) {
                    // Mean channels come first, log-variances behind them.
                    System.arraycopy(
                            moments,
                            2 * i * packing.elements(),
                            means,
                            (start + i) * packing.elements(),
                            packing.elements());
                }
                progress.updated("latents", start + pictures.length, scenes.size(), 0);
            }
        }
        return means;
    }

    private static Weights single(String key, Array array) {
        return copyOf(Map.of(key, array));
    }

    private static Weights copy(Weights weights) {
        Map<String, Array> arrays = new LinkedHashMap<>();
        weights.shapes().forEach((key, shape) -> arrays.put(key, new Array(shape, weights.floats(key))));
        return copyOf(arrays);
    }

    private static Weights copyOf(Map<String, Array> arrays) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        arrays.forEach((key, array) -> shapes.put(key, array.shape()));
        return new Weights() {
            @Override
            public Map<String, long[]> shapes() {
                return shapes;
            }

            @Override
            public void read(String key, FloatBuffer target) {
                target.put(arrays.get(key).values());
            }
        };
    }
}
