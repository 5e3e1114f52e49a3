package mixgrpo.tools.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
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
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.schedule.DynamicShift;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.tools.ModelCopies;
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

    private static final Path FLUX = ModelCopies.FLUX;
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
        private final StringBuilder said = new StringBuilder();

        @Override
        public void update(int done, String remark) {}

        @Override
        public void planned(int iterations) {}

        @Override
        public void measured(int done, int all) {}

        @Override
        public void say(String text) {
            said.append(text).append('\n');
        }
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
        assertEquals(MicroModel.metrics(whole), MicroModel.metrics(resumed));
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

    /** The presets train in bfloat16, whose log-probs lie further from the engine's than 5 % of a clip range of 1e-4. */
    @Test
    void aTrainerInBfloat16ComputesOldLogProbsAgainAndSaysSoOnce() throws IOException {
        for (String mode : List.of("full", "lora")) {
            Configuration configuration = paper(
                    "train.precision=bf16",
                    "train.mode=" + mode,
                    "optimizer.minibatches=3",
                    "optimizer.learningRate=1e-30",
                    "optimizer.weightDecay=0",
                    "evaluate.every=0");
            RunFolder run = newFolder("bf16-" + mode, configuration);
            Silent display = new Silent();
            try (RunSession session = new RunSession(configuration.config())) {
                new TrainingRun(session, run).run(display, () -> false);
            }
            for (Measurements line : MetricsLog.read(run.metrics())) {
                double deviation = line.get(Metric.LOG_PROB_DEVIATION_MEAN).orElseThrow();
                boolean far = deviation > .05 * configuration.config().loss().clipRange();
                assertEquals(far ? 1 : 0, line.get(Metric.LOG_PROB_RECOMPUTED).orElseThrow(), "deviation " + deviation);
                assertTrue(far, "deviation " + deviation);
                // Nothing has moved, so whatever distance is left is rounding: less than what would have to be computed
                // again.
                double left = line.get(Metric.RATIO_DEVIATION).orElseThrow();
                assertTrue(left <= configuration.config().loss().deviationLimit(), "deviation of the ratio " + left);
            }
            String said = display.said.toString();
            assertEquals(2, said.split("loss.oldLogProb=auto", -1).length, said);
            assertFalse(said.contains("warning"), said);
        }
    }

    /** The bits that are trained do not tell whether they came from diffusers' keys or from those of Black Forest Labs. */
    @Test
    void aSingleFileIsTrainedAsItsFolderIs() throws IOException {
        Path single = ModelCopies.ofSingleFile(folder.resolve("single"));
        Map<String, String> outputs = Map.of(
                "full", "transformer/diffusion_pytorch_model.safetensors",
                "lora", "pytorch_lora_weights.safetensors");
        for (Map.Entry<String, String> output : outputs.entrySet()) {
            List<byte[]> trained = new ArrayList<>();
            for (Path model : List.of(FLUX, single)) {
                Configuration configuration =
                        paper("model=" + model, "train.mode=" + output.getKey(), "iterations=1", "evaluate.every=0");
                RunFolder run = newFolder(output.getKey() + trained.size(), configuration);
                run(run, configuration, () -> false);
                trained.add(Files.readAllBytes(run.path().resolve(output.getValue())));
            }
            assertArrayEquals(trained.get(0), trained.get(1), output.getKey());
        }
    }

    /** Dynamic levels are those that the folder's own scheduler asks for. */
    @Test
    void theDynamicScheduleIsTheFolders() throws IOException {
        Path copy = ModelCopies.of(folder.resolve("flux"));
        Path scheduler = copy.resolve("scheduler/scheduler_config.json");
        ObjectNode json = (ObjectNode) new ObjectMapper().readTree(scheduler.toFile());
        json.put("base_shift", 0.2)
                .put("max_shift", 1.7)
                .put("base_image_seq_len", 5)
                .put("max_image_seq_len", 50);
        json.put("use_dynamic_shifting", false); // as in schnell's folder, which has the values all the same
        Files.writeString(scheduler, json.toString());
        Configuration configuration = paper("model=" + copy, "rollout.schedule=dynamic", "rollout.shift=1");
        SigmaSchedule expected;
        try (RunSession session = new RunSession(configuration.config())) {
            int tokens = session.inputs().packing().tokens();
            expected = SigmaSchedule.dynamic(6, new DynamicShift(.2, 1.7, 5, 50), tokens);
            List<Step> steps = session.recipe().evaluationPlan().steps();
            for (int i = 0; i < steps.size(); i++) {
                assertEquals(expected.sigma(i), steps.get(i).sigma());
            }
        }
        String dry;
        try (DryRun plan = new DryRun(configuration)) {
            dry = plan.text();
        }
        String second = String.format(Locale.ROOT, "%.4f", expected.sigma(1));
        assertTrue(dry.contains("1.0000 -> " + second), second + " in " + dry);
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
