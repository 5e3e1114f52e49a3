package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.dit.Sinusoid;
import mixgrpo.models.goldens.TransformerCase;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.rollout.Sampler;
import mixgrpo.runtime.rollout.Sd3Inputs;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import org.junit.jupiter.api.Test;

/** SD3 behind the interface that the sampler and the trainer see. */
class Sd3SamplingTest {

    private static final int STEPS = 4;

    /** The sampler, in batches of one and of all, against Euler steps written out here. */
    @Test
    void samplerTakesTheStepsOfTheReference() throws IOException {
        for (Path folder : TransformerCase.sd3Folders()) {
            try (TransformerCase golden = TransformerCase.openSd3(folder)) {
                Sd3Batch batch = Sd3Batch.of(golden);
                SigmaSchedule schedule = SigmaSchedule.sd3Pipeline(STEPS, 3);
                List<float[]> expected = euler(golden, batch, schedule);
                OnnxModel model = OnnxExport.of(batch.inputs().network(), OnnxOptions.ort());
                for (int rows : new int[] {1, batch.texts().size()}) {
                    float[][] noise = batch.latents().toArray(float[][]::new);
                    List<float[]> ends = new ArrayList<>();
                    try (Engine engine = OnnxRunner.engine(model, golden.weights());
                            Sampler sampler = new Sampler(
                                    batch.inputs(), Map.of(Step.Network.TUNED, engine), rows, Workers.one())) {
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

    private static List<float[]> euler(TransformerCase golden, Sd3Batch batch, SigmaSchedule schedule) {
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
