package mixgrpo.tools.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import mixgrpo.models.Inventory;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.RenamedWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.rollout.VaeDecoder;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.solvers.schedule.DynamicShift;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.trainer.pretrain.Initialization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageModelTest {

    @TempDir
    private Path folder;

    @Test
    void aWrittenModelIsReadAsItWas() throws IOException {
        try (ImageModel model = TinyModel.of(1)) {
            model.write(folder, Dtype.F32);
        }
        try (ImageModel read = ImageModel.open(folder.toString())) {
            assertEquals(TinyModel.ARCHITECTURE, read.architecture());
            assertEquals(TinyModel.VAE, read.vaeConfig());
            assertEquals(SchedulerConfig.shifted(3), read.scheduler());
            Weights expected = TinyModel.transformer(1);
            assertEquals(expected.shapes().keySet(), read.weights().shapes().keySet());
            for (String key : expected.shapes().keySet()) {
                assertArrayEquals(expected.floats(key), read.weights().floats(key), key);
            }
        }
    }

    @Test
    void autoencoderWithOldAttentionKeysIsRead() throws IOException {
        TinyModel.of(1).write(folder, Dtype.F32);
        Weights old = new RenamedWeights(TinyModel.autoencoder(1), key -> key.replace(".to_q.", ".query.")
                .replace(".to_k.", ".key.")
                .replace(".to_v.", ".value.")
                .replace(".to_out.0.", ".proj_attn."));
        Component.write(folder.resolve("vae"), TinyModel.VAE.json(), old, Dtype.F32);
        try (ImageModel read = ImageModel.open(folder.toString());
                VaeDecoder decoder = read.decoder(EngineKind.ORT_CPU, read.inputs(16, 16, 1), Workers.one());
                VaeDecoder today = TinyModel.of(1).decoder(EngineKind.ORT_CPU, read.inputs(16, 16, 1), Workers.one())) {
            float[][] latents = new float[1][read.inputs(16, 16, 1).elements()];
            assertArrayEquals(
                    today.decode(latents).get(0).rgb(),
                    decoder.decode(latents).get(0).rgb());
        }
    }

    @Test
    void theIndexNamesWhatIsThereAndWhatIsNot() throws IOException {
        TinyModel.of(1).write(folder, Dtype.F16);
        ModelFolder read = ModelFolder.open(folder);
        assertEquals("FluxPipeline", read.pipeline());
        assertEquals(Set.of("scheduler", "transformer", "vae"), read.parts().keySet());
        assertTrue(Files.readString(folder.resolve("model_index.json")).contains("\"text_encoder\""));
    }

    @Test
    void halfPrecisionRoundsWeightsByLessThanAThousandth() throws IOException {
        TinyModel.of(1).write(folder, Dtype.F16);
        Weights expected = TinyModel.transformer(1);
        try (ImageModel read = ImageModel.open(folder.toString())) {
            for (String key : expected.shapes().keySet()) {
                float[] exact = expected.floats(key);
                float[] rounded = read.weights().floats(key);
                for (int i = 0; i < exact.length; i++) {
                    assertEquals(exact[i], rounded[i], Math.abs(exact[i]) / 2048 + 1e-7, key);
                }
            }
        }
    }

    @Test
    void aSchedulerGoesThroughItsFileAndGivesItsLevels() throws IOException {
        SchedulerConfig dynamic = new SchedulerConfig(3, true, new DynamicShift(.4, 1.3, 100, 5000));
        ImageModel.of(
                        TinyModel.ARCHITECTURE,
                        TinyModel.VAE,
                        TinyModel.transformer(1),
                        TinyModel.autoencoder(1),
                        dynamic)
                .write(folder, Dtype.F16);
        SchedulerConfig read = SchedulerConfig.of(ModelFolder.open(folder));
        assertEquals(dynamic, read);
        assertEquals(
                SigmaSchedule.dynamic(10, dynamic.dynamicShift(), 64),
                read.schedule(SchedulerConfig.Levels.EVEN, 10, 64));
        assertEquals(
                SigmaSchedule.shifted(10, 3), SchedulerConfig.shifted(3).schedule(SchedulerConfig.Levels.EVEN, 10, 64));
    }

    @Test
    void aSchedulerOfAnotherClassIsRefused() throws IOException {
        TinyModel.of(1).write(folder, Dtype.F16);
        Path index = folder.resolve("model_index.json");
        Files.writeString(index, Files.readString(index).replace("FlowMatchEulerDiscreteScheduler", "DDIMScheduler"));
        String message = assertThrows(IOException.class, () -> ImageModel.open(folder.toString()))
                .getMessage();
        assertTrue(message.contains("its scheduler is a DDIMScheduler; supported is FlowMatchEuler"), message);
    }

    private void pipeline(String name) throws IOException {
        Path index = folder.resolve("model_index.json");
        Files.writeString(
                index,
                Files.readString(index)
                        .replaceFirst("\"_class_name\"\\s*:\\s*\"\\w+\"", "\"_class_name\" : \"" + name + "\""));
    }

    private String refusal() {
        return assertThrows(Exception.class, () -> ImageModel.open(folder.toString()))
                .getMessage();
    }

    @Test
    void pipelinesThatTakeMoreThanAPromptAreRefused() throws IOException {
        TinyModel.of(1).write(folder, Dtype.F32);
        for (String name : List.of(
                "FluxFillPipeline",
                "FluxControlPipeline",
                "FluxControlNetPipeline",
                "FluxPriorReduxPipeline",
                "StableDiffusion3ControlNetPipeline")) {
            pipeline(name);
            assertTrue(refusal().contains("expected FluxPipeline or StableDiffusion3Pipeline"), refusal());
            assertTrue(
                    refusal().contains(name + "; models that are given a picture beside the prompt are not supported"),
                    refusal());
        }
        for (String name : List.of("Flux2Pipeline", "StableDiffusionXLPipeline")) {
            pipeline(name);
            assertTrue(refusal().endsWith("which draw from text alone, got " + name), refusal());
        }
        pipeline("StableDiffusion3Pipeline");
        assertTrue(
                refusal()
                        .contains("expected a FluxPipeline for its transformer, whose class is FluxTransformer2DModel"),
                refusal());
    }

    @Test
    void otherPipelinesOfATextToImageModelOpenWithAWarning() throws IOException {
        TinyModel.of(1).write(folder, Dtype.F32);
        assertEquals("", warnings());
        pipeline("FluxKontextPipeline");
        assertTrue(warnings().contains("it edits a reference picture there, and is sampled without one here"));
        pipeline("FluxInpaintPipeline");
        assertTrue(warnings().contains("it is a FluxInpaintPipeline: it starts from a given picture there"));
    }

    /** Of opening it: what {@code slf4j-simple} prints. */
    private String warnings() throws IOException {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            ImageModel.open(folder.toString()).close();
        } finally {
            System.setErr(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aTransformerThatTakesAPictureBesideTheLatentsIsRefused() throws IOException {
        TinyModel.of(1).write(folder, Dtype.F32);
        FluxConfig fill = new FluxConfig(
                96,
                TinyModel.CONFIG.outChannels(),
                TinyModel.CONFIG.numLayers(),
                TinyModel.CONFIG.numSingleLayers(),
                TinyModel.CONFIG.attentionHeadDim(),
                TinyModel.CONFIG.numAttentionHeads(),
                TinyModel.CONFIG.jointAttentionDim(),
                TinyModel.CONFIG.pooledProjectionDim(),
                TinyModel.CONFIG.guidanceEmbeds(),
                TinyModel.CONFIG.axesDimsRope());
        Weights weights = new Initialization(Inventory.parameters(FluxTransformer.of(fill)), key -> false, 1);
        Component.write(folder.resolve("transformer"), fill.json(), weights, Dtype.F32);
        String message = refusal();
        assertTrue(message.contains("expected in_channels and out_channels 16 in config.json"), message);
        assertTrue(
                message.contains("got 96 and 16; models that are given a picture beside the prompt (fill, control)"),
                message);
    }
}
