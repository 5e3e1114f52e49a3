package mixgrpo.tools.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.RenamedWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.rollout.VaeDecoder;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.solvers.schedule.DynamicShift;
import mixgrpo.solvers.schedule.SigmaSchedule;
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
}
