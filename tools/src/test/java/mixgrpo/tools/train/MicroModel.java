package mixgrpo.tools.train;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import mixgrpo.models.Inventory;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.ModelFolder.PartClass;
import mixgrpo.models.weights.Weights;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.MetricsLog;

/**
 * A random model of 16 image tokens and 64x64 pixels that takes MiniLM's text, in a folder with a file of prompts: small enough for
 * whole runs within a second or two.
 */
public record MicroModel(Path folder) {

    static final FluxConfig FLUX = new FluxConfig(4, 4, 1, 1, 16, 2, 384, 384, false, List.of(4, 6, 6));
    private static final VaeConfig VAE =
            new VaeConfig(3, 3, 1, List.of(4, 4, 4, 4), 1, 2, false, false, false, 1.5, .1);

    private static final List<String> PROMPTS = List.of(
            "a red circle",
            "two blue squares",
            "a green star",
            "a yellow ring above a red square",
            "three pink crosses");

    /** Writes model and prompts into {@code folder}. */
    public static MicroModel write(Path folder, long seed) throws IOException {
        return write(folder, seed, FLUX);
    }

    /** The same with another transformer of four latent channels. */
    static MicroModel write(Path folder, long seed, FluxConfig flux) throws IOException {
        Map<String, PartClass> parts = new LinkedHashMap<>();
        parts.put("transformer", new PartClass("diffusers", "FluxTransformer2DModel"));
        parts.put("vae", new PartClass("diffusers", "AutoencoderKL"));
        ModelFolder.writeIndex(folder, "FluxPipeline", parts);
        Component.write(folder.resolve("transformer"), flux.json(), transformer(seed, flux), Dtype.F32);
        Map<String, long[]> vae = new LinkedHashMap<>(Inventory.parameters(AutoencoderKl.encoder(VAE)));
        vae.putAll(Inventory.parameters(AutoencoderKl.decoder(VAE)));
        Component.write(folder.resolve("vae"), VAE.json(), new RandomWeights(vae, seed), Dtype.F32);
        MicroModel model = new MicroModel(folder);
        Files.write(model.prompts(), PROMPTS);
        return model;
    }

    static Weights transformer(long seed) {
        return transformer(seed, FLUX);
    }

    private static Weights transformer(long seed, FluxConfig flux) {
        return new RandomWeights(Inventory.parameters(FluxTransformer.of(flux)), seed);
    }

    /** Its autoencoder. */
    public static VaeConfig vae() {
        return VAE;
    }

    public Path prompts() {
        return folder.resolve("prompts.txt");
    }

    /** Arguments of a run of four iterations, 2 prompts of 4 images, with this model; {@code more} lie over them. */
    public List<String> arguments(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "name=micro",
                "model=" + folder,
                "prompts.file=" + prompts(),
                "prompts.perIteration=2",
                "iterations=4",
                "rollout.images=4",
                "rollout.steps=6",
                "window.size=2",
                "window.first=1",
                "window.last=4",
                "window.shiftInterval=1",
                "post.ratio=0.5",
                "optimizer.learningRate=0.001",
                "rewards.likeness=null",
                "rewards.jpeg.weight=1",
                "evaluate.every=0",
                "evaluate.prompts=2",
                "evaluate.seeds=2",
                "checkpoint.every=1"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    /** A run of three iterations, 2 prompts of 4 images in 8 steps, by a preset for the built-in model; {@code more} lie over it. */
    Configuration preset(String preset, String... more) throws IOException {
        return Configuration.load(preset, List.of(), presetArguments(more));
    }

    /** What makes such a run of a preset for the built-in model. */
    public List<String> presetArguments(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "model=" + folder,
                "prompts.file=" + prompts(),
                "prompts.perIteration=2",
                "iterations=3",
                "rollout.images=4",
                "rollout.steps=8",
                "window.shiftInterval=1",
                "optimizer.learningRate=0.001",
                "optimizer.minibatches=2",
                "rewards.scene=null",
                "rewards.strict=null",
                "rewards.likeness=null",
                "rewards.jpeg.weight=1",
                "evaluate.every=0",
                "evaluate.prompts=2",
                "evaluate.seeds=1"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    Configuration configuration(String... more) throws IOException {
        return Configuration.load("quickstart", List.of(), arguments(more));
    }

    TrainConfig config(String... more) throws IOException {
        return configuration(more).config();
    }

    /** The reproducible metrics of every iteration. */
    public static String metrics(RunFolder run) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Measurements line : MetricsLog.read(run.metrics())) {
            Map<String, Double> values = new TreeMap<>(line.values());
            values.keySet().removeIf(name -> !Metric.of(name).orElseThrow().reproducible());
            text.append(line.iteration()).append(' ').append(values).append('\n');
        }
        return text.toString();
    }

    /** Values by seed and key: norms near 1, other vectors small, matrices with variance 1 / inputs. */
    private record RandomWeights(Map<String, long[]> shapes, long seed) implements Weights {
        @Override
        public void read(String key, FloatBuffer target) {
            long[] shape = shapes.get(key);
            int length = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
            boolean norm = shape.length == 1 && key.endsWith(".weight");
            double std = shape.length == 1 ? .1 : Math.sqrt((double) shape[0] / length);
            Random random = new Random(seed * 1_000_003 + key.hashCode());
            for (int i = 0; i < length; i++) {
                target.put((float) ((norm ? 1 : 0) + std * random.nextGaussian()));
            }
        }
    }
}
