package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.dit.Sinusoid;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.rollout.Sampler;
import mixgrpo.runtime.rollout.Sd3Inputs;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import org.junit.jupiter.api.Test;

/** SD3 behind the interface that the sampler and the trainer see. */
class Sd3SamplingTest {

    private static final int STEPS = 4;

    /** What a batch of the fixtures is to our sampler. */
    private record Batch(Sd3Inputs inputs, List<float[]> latents, List<TextEmbedding> texts, double[] sigmas) {

        static Batch of(TransformerCase golden) {
            Sd3Config config = Sd3Config.of(golden.component().config());
            long[] latents = golden.values().shapes().get("hidden_states");
            LatentPacking packing =
                    new LatentPacking((int) latents[1], (int) latents[2], (int) latents[3], config.patchSize());
            int length = (int) golden.values().shapes().get("encoder_hidden_states")[1];
            Sd3Inputs inputs = new Sd3Inputs(config, packing, length, golden.weights());
            List<TextEmbedding> texts = new ArrayList<>();
            for (int i = 0; i < latents[0]; i++) {
                texts.add(new TextEmbedding(
                        length, length, row(golden, "encoder_hidden_states", i), row(golden, "pooled_projections", i)));
            }
            List<float[]> rows = new ArrayList<>();
            for (int i = 0; i < latents[0]; i++) {
                rows.add(packing.pack(row(golden, "hidden_states", i)));
            }
            float[] timesteps = golden.values().floats("timestep");
            double[] sigmas = new double[timesteps.length];
            Arrays.setAll(sigmas, i -> timesteps[i] / 1000.0);
            return new Batch(inputs, rows, texts, sigmas);
        }

        private static float[] row(TransformerCase golden, String name, int i) {
            float[] all = golden.values().floats(name);
            int length = all.length / (int) golden.values().shapes().get(name)[0];
            return Arrays.copyOfRange(all, i * length, (i + 1) * length);
        }
    }

    @Test
    void inputsAreTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("Sd3Inputs");
        for (Path folder : TransformerCase.sd3Folders()) {
            try (TransformerCase golden = TransformerCase.openSd3(folder)) {
                Batch batch = Batch.of(golden);
                Map<String, Array> inputs = batch.inputs().of(batch.latents(), batch.texts(), batch.sigmas());
                assertEquals(golden.inputs().keySet(), inputs.keySet());
                double sinusoid =
                        GoldenReport.tolerances(golden.values().path()).get("stage.time_text_embed.time_proj");
                golden.inputs()
                        .forEach((name, expected) -> report.compare(
                                folder.getFileName() + " " + name,
                                expected,
                                inputs.get(name),
                                name.equals("timestep_proj") ? sinusoid : Double.MIN_VALUE));
            }
        }
        report.print();
    }

    /** The sampler, in batches of one and of all, against Euler steps written out here. */
    @Test
    void samplerTakesTheStepsOfTheReference() throws IOException {
        for (Path folder : TransformerCase.sd3Folders()) {
            try (TransformerCase golden = TransformerCase.openSd3(folder)) {
                Batch batch = Batch.of(golden);
                SigmaSchedule schedule = SigmaSchedule.sd3Pipeline(STEPS, 3);
                List<float[]> expected = euler(golden, batch, schedule);
                OnnxModel model = OnnxExport.of(batch.inputs().network(), OnnxOptions.ort());
                for (int rows : new int[] {1, batch.texts().size()}) {
                    float[][] noise = batch.latents().toArray(float[][]::new);
                    List<float[]> ends = new ArrayList<>();
                    try (Engine engine = OnnxRunner.engine(model, golden.weights());
                            Sampler sampler = new Sampler(batch.inputs(), Map.of(Step.Network.TUNED, engine), rows)) {
                        sampler.draw(Plan.ode(schedule, DpmSolver.FIRST_ORDER), batch.texts(), noise, latents -> {
                            for (float[] row : latents) {
                                ends.add(row.clone());
                            }
                            return List.<Image>of();
                        });
                    }
                    for (int i = 0; i < expected.size(); i++) {
                        // Four steps of a network whose outputs, up to 5, may differ by 5e-5 between orders of
                        // summation.
                        assertArrayEquals(expected.get(i), ends.get(i), 1e-4f, folder + ", batches of " + rows);
                    }
                }
            }
        }
    }

    private static List<float[]> euler(TransformerCase golden, Batch batch, SigmaSchedule schedule) {
        List<float[]> latents = new ArrayList<>();
        batch.latents().forEach(row -> latents.add(row.clone()));
        int elements = latents.get(0).length;
        Map<String, Array> inputs = new LinkedHashMap<>(golden.inputs());
        long[] shape = inputs.get("hidden_states").shape();
        for (int step = 0; step < schedule.steps(); step++) {
            float[] joined = new float[latents.size() * elements];
            float[] timesteps = new float[latents.size()];
            for (int i = 0; i < latents.size(); i++) {
                System.arraycopy(latents.get(i), 0, joined, i * elements, elements);
                timesteps[i] = (float) schedule.sigma(step) * 1000;
            }
            inputs.put("hidden_states", new Array(shape, joined));
            inputs.put("timestep_proj", Array.of(Sinusoid.of(timesteps), timesteps.length, Sinusoid.CHANNELS));
            float[] velocity = OnnxRunner.run(golden.network(), OnnxOptions.portable(), inputs, golden.weights())
                    .get("velocity")
                    .values();
            double dt = schedule.sigma(step + 1) - schedule.sigma(step);
            for (int i = 0; i < velocity.length; i++) {
                latents.get(i / elements)[i % elements] += (float) (dt * velocity[i]);
            }
        }
        return latents;
    }

    @Test
    void latentsOfAnotherModelAreRefused() throws IOException {
        try (TransformerCase golden =
                TransformerCase.openSd3(TransformerCase.sd3Folders().get(0))) {
            Sd3Config config = Sd3Config.of(golden.component().config());
            LatentPacking other = new LatentPacking(config.inChannels() + 1, 4, 4, config.patchSize());
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class, () -> new Sd3Inputs(config, other, 7, golden.weights()));
            assertTrue(e.getMessage().contains("vae and transformer of one model"), e.getMessage());
        }
    }
}
