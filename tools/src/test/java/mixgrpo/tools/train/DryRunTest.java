package mixgrpo.tools.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import mixgrpo.models.Inventory;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.EngineMemory;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.trainer.config.SyncConfig;
import mixgrpo.trainer.libtorch.TorchDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DryRunTest {

    @TempDir
    private Path folder;

    private static String text(Configuration configuration) throws IOException {
        try (DryRun plan = new DryRun(configuration)) {
            return plan.text();
        }
    }

    @Test
    void itSaysWhatWouldHappen() throws IOException {
        MicroModel model = MicroModel.write(folder, 2);
        Configuration configuration = model.configuration();
        String text = text(configuration);
        for (String line : List.of(
                "\n#    0  1.0000 -> 0.9375  ODE, once for a group\n",
                "\n#    1  0.9375 -> 0.8571  SDE, trained, once for a group\n",
                "\n#    2  0.8571 -> 0.7500  SDE, trained\n",
                "\n# Window positions: [1, 3) x 2  [2, 4) x 1  [3, 5) x 1",
                "\n# 4 iterations of 8 images, 3.19 network calls an image on average, 2 updates an iteration\n",
                "\n# Engine: ort-cpu in fp32, new weights by inputs\n",
                "\n# Trained on the CPU\n# Memory:\n",
                "  in all\n")) {
            assertTrue(text.contains(line), line + " in " + text);
        }
        // The whole text is YAML, which gives the same configuration again, with what was open decided.
        Path file = Files.writeString(folder.resolve("dry.yaml"), text);
        assertEquals(SyncConfig.Mode.AUTO, configuration.config().sync().mode());
        assertEquals(
                configuration.config().withSync(new SyncConfig(1, SyncConfig.Mode.INPUTS)),
                Configuration.ofRun(file, List.of()).config());
    }

    @Test
    void itNamesTheWindowsThatTheRunUses() throws IOException {
        MicroModel model = MicroModel.write(folder, 2);
        String[] official = {
            "officialCompat=true",
            "window.first=0",
            "window.last=none",
            "post.ratio=1",
            "post.solver=euler",
            "post.order=1"
        };
        // The published window shrinks before the end and is empty there.
        assertTrue(text(model.configuration(official))
                .contains("\n# Window positions: [0, 2) x 1  [1, 3) x 1  [2, 4) x 1  [3, 4) x 1"));
        String all = text(model.preset("dancegrpo", "window.last=6"));
        assertTrue(all.contains("SDE, an image is trained on 4 of these 7, once for a group\n"), all);
        assertTrue(all.contains("\n# Window positions: [0, 7) x 3"), all);
    }

    /** As the run itself does, before it has begun. */
    @Test
    void whatNoRunCanTrainIsRefused() throws IOException {
        MicroModel model = MicroModel.write(folder, 2);
        String[] noiseless = {"rollout.kernel=cps", "rollout.eta=0.5", "window.last=none", "window.first=4"};
        var error = assertThrows(IllegalArgumentException.class, () -> text(model.configuration(noiseless)));
        assertTrue(error.getMessage().contains("has no noise with rollout.kernel cps"), error.getMessage());
        noiseless[2] = "window.last=-2";
        noiseless[3] = "window.first=1";
        text(model.configuration(noiseless));
        error = assertThrows(
                IllegalArgumentException.class,
                () -> text(model.configuration("sync.every=2", "loss.oldLogProb=recompute")));
        assertTrue(error.getMessage().contains("sync.every: expected 1"), error.getMessage());
    }

    @Test
    void memoryGrowsWithWhatIsTrainedAndFallsWithRecomputation() throws IOException {
        MicroModel model = MicroModel.write(folder, 2);
        long plain = total(model);
        assertTrue(total(model, "rollout.images=400") > plain);
        assertTrue(total(model, "optimizer.emaDecay=0") < plain);
        assertTrue(total(model, "rollout.batch=1") < plain);
        assertTrue(total(model, "loss.reference=velocity") > plain);
        assertTrue(total(model, "train.recompute=true", "rollout.images=400") < total(model, "rollout.images=400"));
        assertTrue(total(model, "optimizer.minibatches=1") > plain);
        assertTrue(total(model, "train.mode=lora") < plain);
    }

    @Test
    void theHeapAndAContainerMayBeTooSmall() throws IOException {
        MemoryPlan plan = plan(MicroModel.write(folder, 2), EngineKind.ORT_CPU, false);
        MemoryLeft enough = new MemoryLeft(plan.total(), plan.total(), 128_000_000);
        assertEquals(Optional.empty(), plan.refusal("less", enough));
        assertRefused("the machine may give it 0.00 GB", plan, new MemoryLeft(1000, plan.total(), 128_000_000));
        assertRefused("this container may give it 0.00 GB", plan, new MemoryLeft(plan.total(), 1000, 128_000_000));
        assertRefused(
                "of the Java heap, which may have 0.06 GB",
                plan,
                new MemoryLeft(plan.total(), plan.total(), 64_000_000));
        MemoryLeft now = MemoryLeft.now();
        assertTrue(now.machine() > 0 && now.container() > 0, now::toString);
        assertEquals(Runtime.getRuntime().maxMemory(), now.heap());
    }

    private static void assertRefused(String why, MemoryPlan plan, MemoryLeft left) {
        String refusal = plan.refusal("less", left).orElseThrow();
        assertTrue(refusal.startsWith("memory: this run needs about ") && refusal.contains(why), refusal);
    }

    /** Of 2 prompts of 4 images: the reference's, those of the old policy, or both. */
    @Test
    void velocitiesOfOtherPoliciesAreCounted() throws IOException {
        MicroModel model = MicroModel.write(folder, 2);
        long velocities = 4L * 8 * model.config().window().size();
        try (ImageModel opened = ImageModel.open(model.folder().toString())) {
            velocities *= opened.inputs(64, 64, 1).elements();
        }
        String[] old = {"loss.objective=trust-region", "loss.oldLogProb=recompute"};
        assertEquals(total(model), total(model, "loss.oldLogProb=recompute"), "log-probs alone");
        assertEquals(velocities, total(model, old) - total(model));
        long weights = EngineMemory.bytes(Inventory.parameters(FluxTransformer.of(MicroModel.FLUX)));
        assertEquals(weights + velocities, total(model, "loss.reference=velocity") - total(model));
        MemoryPlan onGpu = plan(model, EngineKind.ORT_CUDA, true, old[0], old[1], "loss.reference=velocity");
        assertEquals(
                weights,
                onGpu.gpu().total()
                        - plan(model, EngineKind.ORT_CUDA, true).gpu().total());
    }

    @Test
    void whatComputesOnAGpuNeedsItsMemoryAndNotTheMachines() throws IOException {
        MicroModel model = MicroModel.write(folder, 2);
        MemoryPlan onCpu = plan(model, EngineKind.ORT_CPU, false);
        MemoryPlan trained = plan(model, EngineKind.ORT_CPU, true);
        MemoryPlan both = plan(model, EngineKind.ORT_CUDA, true);
        assertTrue(onCpu.gpu().isEmpty());
        assertFalse(onCpu.text("").contains("GPU"), onCpu.text(""));
        assertTrue(trained.total() < onCpu.total());
        assertTrue(both.total() < trained.total());
        assertTrue(both.gpu().total() > trained.gpu().total());
        String text = both.text("");
        int machine = text.indexOf("latents, text and pictures");
        int gpu = text.indexOf("of the GPU:");
        assertTrue(0 <= machine && machine < gpu, text);
        for (String part : List.of("policy, its gradient and optimizer", "engines (sampling", "decoder (")) {
            assertTrue(text.indexOf(part) > gpu, part + " in " + text);
        }
    }

    /** On a GPU a successor has a copy of its own, a plan that is refitted has none; the machine keeps what a refit sends. */
    @Test
    void everyKindOfEngineHasItsOwnCopies() throws IOException {
        MicroModel model = MicroModel.write(folder, 2);
        long weights = EngineMemory.bytes(Inventory.parameters(FluxTransformer.of(MicroModel.FLUX)));
        MemoryPlan sessions = plan(model, EngineKind.ORT_CUDA, true);
        MemoryPlan plans = plan(model, EngineKind.TENSORRT, true);
        assertEquals(weights, sessions.gpu().total() - plans.gpu().total());
        assertEquals(2 * weights, plans.total() - sessions.total());
        String text = plans.text("");
        assertTrue(text.indexOf("in mapped files") < text.indexOf("of the GPU:"), text);
        assertTrue(text.indexOf("plans (sampling and measuring)") > text.indexOf("of the GPU:"), text);
        for (String precision : List.of("fp16", "bf16")) {
            MemoryPlan half = plan(model, EngineKind.TENSORRT, true, "rollout.precision=" + precision);
            assertEquals(weights, plans.gpu().total() - half.gpu().total(), "two plans of half their size");
            assertEquals(3 * weights / 2, plans.total() - half.total());
        }
        MemoryPlan session = plan(model, EngineKind.ORT_CPU, false, "sync.mode=session");
        MemoryPlan inputs = plan(model, EngineKind.ORT_CPU, false, "sync.mode=inputs");
        assertEquals(
                weights, session.total() - inputs.total(), "no packed copy, and no successor but of what measures");
    }

    private static MemoryPlan plan(MicroModel model, EngineKind engines, boolean trainsOnGpu, String... arguments)
            throws IOException {
        try (ImageModel opened = ImageModel.open(model.folder().toString())) {
            return new RunMemory(
                            model.config(arguments),
                            opened,
                            opened.inputs(64, 64, 1),
                            engines,
                            trainsOnGpu,
                            TorchDevice.CPU)
                    .plan();
        }
    }

    /** Measured: a peak of 0.9 GB with one worker and of 1.1 GB with two. */
    @Test
    void theQuickstartsPlanIsWhatWasMeasured() throws IOException {
        Configuration quickstart = Configuration.load("quickstart", List.of(), List.of());
        String before = System.getProperty(Workers.WORKERS);
        try (ImageModel model = ImageModel.open(ImageModel.BUILT_IN)) {
            for (int workers = 1; workers <= 2; workers++) {
                System.setProperty(Workers.WORKERS, "" + workers);
                long total = new RunMemory(
                                quickstart.config(),
                                model,
                                model.inputs(64, 64, 1),
                                EngineKind.ORT_CPU,
                                TorchDevice.CPU)
                        .plan()
                        .total();
                double measured = 0.7e9 + workers * 0.2e9;
                assertEquals(measured, total, 0.2 * measured, workers + " workers");
            }
        } finally {
            if (before == null) {
                System.clearProperty(Workers.WORKERS);
            } else {
                System.setProperty(Workers.WORKERS, before);
            }
        }
    }

    private static long total(MicroModel model, String... arguments) throws IOException {
        try (ImageModel opened = ImageModel.open(model.folder().toString())) {
            return new RunMemory(
                            model.config(arguments),
                            opened,
                            opened.inputs(64, 64, 1),
                            EngineKind.ORT_CPU,
                            TorchDevice.CPU)
                    .plan()
                    .total();
        }
    }
}
