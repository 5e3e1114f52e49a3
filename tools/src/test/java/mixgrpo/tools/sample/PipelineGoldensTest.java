package mixgrpo.tools.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.runtime.rollout.Conditioning;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.tools.model.SchedulerConfig;
import org.junit.jupiter.api.Test;

/** FluxPipeline step by step, from the prompts' embeddings to the picture's bytes. */
class PipelineGoldensTest {

    private static final Path CASES = GoldenPipeline.FLUX.resolve("cases");
    private static final Path FILE = CASES.resolve("pipeline.safetensors");

    private final GoldenReport report = new GoldenReport("Pipeline");
    private final Map<String, Array> results = new LinkedHashMap<>();

    @Test
    void everyRunAgreesStepByStepToTheBytes() throws IOException {
        JsonNode cases =
                new ObjectMapper().readTree(CASES.resolve("pipeline.json").toFile());
        assertTrue(cases.path("runs").size() > 0, "no runs");
        try (GoldenPipeline pipeline = new GoldenPipeline();
                WeightsFile goldens = SafetensorsFile.open(FILE)) {
            for (JsonNode run : cases.path("runs")) {
                draw(pipeline, goldens, run, cases.path("max_sequence_length").asInt());
            }
            report.compare("", GoldenReport.tolerances(FILE), goldens, results);
            report.print();
        }
    }

    private void draw(GoldenPipeline pipeline, WeightsFile goldens, JsonNode run, int textLength) throws IOException {
        String name = run.path("name").asText() + ".";
        int width = run.path("width").asInt();
        int height = run.path("height").asInt();
        int steps = run.path("steps").asInt();
        SigmaSchedule schedule = SchedulerConfig.of(ModelFolder.open(GoldenPipeline.FLUX))
                .schedule(SchedulerConfig.Levels.EVEN, steps, pipeline.tokens(width, height));
        // The tolerances of levels and timesteps are those that PROVENANCE.md names for schedules.json.
        report.compare(
                name + "sigmas", GoldenPipeline.array(goldens, name + "sigmas"), floats(schedule.sigmas(), 1), 1e-6);
        double[] told = new double[steps];
        for (int i = 0; i < steps; i++) {
            told[i] = schedule.sigma(i);
        }
        report.compare(name + "timesteps", GoldenPipeline.array(goldens, name + "timesteps"), floats(told, 1000), 1e-3);

        FluxInputs inputs =
                pipeline.inputs(width, height, textLength, run.path("guidance").asDouble());
        GoldenPipeline.Result result = pipeline.draw(
                inputs,
                Plan.ode(schedule, DpmSolver.FIRST_ORDER).hybrid(0),
                conditioning(goldens, name, run),
                GoldenPipeline.array(goldens, name + "initial_latents"));

        int calls = result.calls().size() / steps;
        assertEquals(run.path("true_cfg").isNull() ? 1 : 2, calls, "calls a step");
        long[] shape = goldens.shapes().get(name + "initial_latents");
        for (int i = 0; i < steps; i++) {
            Map<String, float[]> positive = result.calls().get(i * calls).outputs();
            results.put(name + "noise_pred_" + i, new Array(shape, positive.get("velocity")));
            if (calls == 2) {
                Map<String, float[]> negative = result.calls().get(i * 2 + 1).outputs();
                results.put(name + "negative_noise_pred_" + i, new Array(shape, negative.get("velocity")));
            }
            float[] after = i + 1 == steps
                    ? result.latents()
                    : result.calls().get((i + 1) * calls).inputs().get("hidden_states");
            results.put(name + "latents_" + i, new Array(shape, after));
        }
        results.put(name + "final_latents", new Array(shape, result.latents()));
        results.put(name + "decoded", new Array(goldens.shapes().get(name + "decoded"), result.decoded()));
        results.put(name + "image_float", result.floats());
        GoldenPipeline.assertSameBytes(
                "Pipeline " + name + "image_uint8",
                GoldenPipeline.array(goldens, name + "image_uint8"),
                result.bytes());
    }

    private static Conditioning conditioning(WeightsFile goldens, String name, JsonNode run) {
        List<TextEmbedding> texts = GoldenPipeline.texts(
                GoldenPipeline.array(goldens, name + "prompt_embeds"),
                GoldenPipeline.array(goldens, name + "pooled_prompt_embeds"));
        if (run.path("true_cfg").isNull()) {
            return Conditioning.of(texts);
        }
        List<TextEmbedding> negatives = GoldenPipeline.texts(
                GoldenPipeline.array(goldens, name + "negative_prompt_embeds"),
                GoldenPipeline.array(goldens, name + "negative_pooled_prompt_embeds"));
        return new Conditioning(texts, negatives, run.path("true_cfg").asDouble());
    }

    private static Array floats(double[] values, double factor) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) (values[i] * factor);
        }
        return Array.of(floats, floats.length);
    }
}
