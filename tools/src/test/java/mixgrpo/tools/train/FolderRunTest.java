package mixgrpo.tools.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.LoraFile;
import mixgrpo.models.lora.LoraFormat;
import mixgrpo.models.lora.MergedWeights;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.model.Architecture;
import mixgrpo.tools.model.CacheFolder;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.run.Summary;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.MetricsLog;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs of the paper's recipe on the tiny FLUX folder, which has text encoders of its own. */
@Tag("slow")
class FolderRunTest {

    private static final Path FLUX = Path.of(System.getProperty("goldens"), "models", "flux");
    private static final List<String> PROMPTS = List.of(
            "a red fox in the snow",
            "two blue cups on a wooden table",
            "a green boat on the river",
            "an old man reading a newspaper",
            "a bowl of ripe cherries",
            "the moon above a quiet lake");
    private static final int TEXT_LENGTH = 12;

    @TempDir
    private Path folder;

    private Path prompts;
    private int side;

    @BeforeEach
    void writePrompts() throws IOException {
        prompts = Files.write(folder.resolve("prompts.txt"), PROMPTS);
        try (ImageModel model = ImageModel.open(FLUX.toString())) {
            side = 8 * model.multiple();
        }
    }

    /** The paper's recipe in two iterations of 2 prompts with 3 images each. */
    private Configuration paper(String... more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "model=" + FLUX,
                "prompts.file=" + prompts,
                "prompts.perIteration=2",
                "prompts.textLength=" + TEXT_LENGTH,
                "rollout.width=" + side,
                "rollout.height=" + side,
                "rollout.steps=6",
                "rollout.images=3",
                "rollout.batch=4",
                "window.size=2",
                "window.shiftInterval=1",
                "iterations=2",
                "optimizer.minibatches=1",
                "optimizer.learningRate=0.001",
                "train.precision=fp32",
                "rewards.hpsv2=null",
                "rewards.imagereward=null",
                "rewards.pickscore=null",
                "rewards.jpeg.weight=1",
                "evaluate.every=1",
                "evaluate.seeds=1",
                "checkpoint.every=1"));
        arguments.addAll(List.of(more));
        return Configuration.load("paper", List.of(), arguments);
    }

    private RunFolder newFolder(String name, Configuration configuration) throws IOException {
        RunFolder run = RunFolder.create(folder.resolve("runs"), name, true);
        AtomicFile.write(run.config(), configuration.toYaml().getBytes(StandardCharsets.UTF_8));
        return run;
    }

    private static Summary run(RunFolder run, Configuration configuration, BooleanSupplier stop) throws IOException {
        try (RunSession session = new RunSession(configuration.config())) {
            return new TrainingRun(session, run).run(new Silent(), stop);
        }
    }

    private static final class Silent implements Display {
        @Override
        public void update(int done, String remark) {}

        @Override
        public void planned(int iterations) {}

        @Override
        public void measured(int done, int all) {}

        @Override
        public void say(String text) {}
    }

    /** The whole run, and the same with a stop after its first iteration. */
    private RunFolder assertResumesBitIdentically(String output, String... more) throws IOException {
        Configuration configuration = paper(more);
        RunFolder whole = newFolder("whole", configuration);
        Summary summary = run(whole, configuration, () -> false);
        RunFolder resumed = newFolder("resumed", configuration);
        assertNull(run(resumed, configuration, () -> true));
        Configuration again = Configuration.ofRun(resumed.config(), List.of());
        assertEquals(1, TrainingRun.iterationsDone(resumed, again.config()));
        assertEquals(summary.heldOut(), run(resumed, again, () -> false).heldOut());
        for (String file : List.of(output, "checkpoints/iteration-000002.safetensors")) {
            assertArrayEquals(
                    Files.readAllBytes(whole.path().resolve(file)),
                    Files.readAllBytes(resumed.path().resolve(file)),
                    file);
        }
        assertEquals(TrainingRunTest.metrics(whole), TrainingRunTest.metrics(resumed));
        assertEquals(1, summary.heldOut().get("jpeg").prompts(), "one of six prompts is held out");
        assertTrue(Files.size(whole.report()) > 1000);
        assertEquals(List.of(whole.sample(1), whole.sample(2)), whole.sampleFiles());
        for (Measurements line : MetricsLog.read(whole.metrics())) {
            double deviation = line.get(Metric.LOG_PROB_DEVIATION_MEAN).orElseThrow();
            // Engine and trainer round differently: 1e-5 is a tenth of the clip range.
            assertTrue(deviation < 1e-5, "engine and trainer differ by " + deviation);
            assertTrue(line.get(Metric.GRADIENT_NORM).orElseThrow() > 0);
        }
        return whole;
    }

    @Test
    void allWeightsBecomeATransformerOfTheModel() throws IOException {
        RunFolder run = assertResumesBitIdentically("transformer/diffusion_pytorch_model.safetensors");
        assertFalse(Files.exists(run.lora()));
        try (ImageModel model = ImageModel.open(FLUX.toString());
                Component tuned = Component.open(run.transformer())) {
            model.architecture().check(tuned.weights(), run.transformer().toString());
            assertEquals(model.architecture(), Architecture.of(tuned.config()));
            for (String key : tuned.weights().shapes().keySet()) {
                assertFalse(
                        Arrays.equals(
                                model.weights().floats(key), tuned.weights().floats(key)),
                        key + " has not been trained");
            }
        }
    }

    @Test
    void adaptersBecomeALoraFileOfDiffusers() throws IOException {
        RunFolder run = assertResumesBitIdentically(
                "pytorch_lora_weights.safetensors",
                "train.mode=lora",
                "train.lora.rank=2",
                "train.lora.alpha=4",
                "optimizer.emaDecay=0.5");
        assertFalse(Files.exists(run.transformer()));
        LoraFile file = LoraFile.read(run.lora());
        assertEquals(LoraFormat.DIFFUSERS, file.format());
        assertEquals(LoraFile.Alpha.CONFIGURED, file.alpha());
        file.lora().modules().forEach((layer, factors) -> {
            assertEquals(2, factors.rank(), layer);
            assertEquals(4, factors.alpha(), layer);
        });
        try (ImageModel model = ImageModel.open(FLUX.toString())) {
            file.lora().check(model.architecture().parameters(), run.lora().toString());
            Weights merged = MergedWeights.of(model.weights(), file.lora(), "run");
            String key = file.lora().modules().keySet().iterator().next() + ".weight";
            assertFalse(Arrays.equals(model.weights().floats(key), merged.floats(key)), "B is still zero");
        }
        // The same header and the same form of keys as the file that diffusers' save_lora_weights wrote.
        try (WeightsFile ours = WeightsFile.open(run.lora());
                WeightsFile theirs = WeightsFile.open(FLUX.resolve("lora/pytorch_lora_weights.safetensors"))) {
            JsonNode config = header(ours);
            JsonNode expected = header(theirs);
            assertEquals(2, config.path("transformer.r").asInt());
            assertEquals(4, config.path("transformer.lora_alpha").asDouble());
            TreeSet<String> fields = new TreeSet<>();
            expected.fieldNames().forEachRemaining(fields::add);
            config.fieldNames()
                    .forEachRemaining(field -> assertTrue(fields.contains(field), field + " is not diffusers'"));
            assertTrue(theirs.shapes()
                    .keySet()
                    .containsAll(ours.shapes().keySet().stream()
                            .filter(key -> theirs.shapes().containsKey(key.replace(Lora.B, Lora.A)))
                            .toList()));
            ours.shapes()
                    .keySet()
                    .forEach(key -> assertTrue(
                            key.matches("transformer\\.(single_)?transformer_blocks\\.\\d+\\..*\\.lora_[AB]\\.weight"),
                            key));
        }
    }

    private static JsonNode header(WeightsFile file) throws IOException {
        return new ObjectMapper().readTree(file.metadata().get("lora_adapter_metadata"));
    }

    @Test
    void promptsAreEncodedOnce() throws IOException {
        Configuration configuration = paper("prompts.textLength=" + (TEXT_LENGTH + 1), "iterations=1");
        run(newFolder("first", configuration), configuration, () -> false);
        Map<Path, FileTime> first = embeddings();
        run(newFolder("second", configuration), configuration, () -> false);
        assertEquals(first, embeddings());
        assertTrue(first.size() >= PROMPTS.size(), first::toString);
    }

    private static Map<Path, FileTime> embeddings() throws IOException {
        Map<Path, FileTime> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(CacheFolder.text())) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(file, Files.getLastModifiedTime(file));
            }
        }
        return files;
    }

    @Test
    void aListTooShortToHoldAnyOutIsTrainedOnAndSaysSo() throws IOException {
        Configuration configuration = paper("prompts.perIteration=" + PROMPTS.size(), "iterations=1");
        try (RunSession session = new RunSession(configuration.config())) {
            assertTrue(
                    session.remarks().get(0).contains("no prompts are left to measure on"),
                    session.remarks()::toString);
            RunFolder run = newFolder("short", configuration);
            assertEquals(
                    Map.of(),
                    new TrainingRun(session, run).run(new Silent(), () -> false).heldOut());
            assertTrue(Files.size(run.report()) > 1000);
            assertEquals(List.of(), run.sampleFiles());
        }
    }
}
