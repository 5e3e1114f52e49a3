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
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.tools.model.Numbers;
import mixgrpo.tools.model.SchedulerConfig;
import org.junit.jupiter.api.Test;

/** Hybrid inference: one trajectory, its first steps by the tuned transformer, the rest by the base. */
class HybridGoldensTest {

    private static final Path CASES = GoldenPipeline.FLUX.resolve("cases");
    private static final Path FILE = CASES.resolve("hybrid.safetensors");

    @Test
    void everyShareAgreesStepByStepToTheBytes() throws IOException {
        JsonNode hybrid =
                new ObjectMapper().readTree(CASES.resolve("hybrid.json").toFile());
        int steps = hybrid.path("n").asInt();
        int width = hybrid.path("width").asInt();
        int height = hybrid.path("height").asInt();
        GoldenReport report = new GoldenReport("Hybrid");
        Map<String, Array> results = new LinkedHashMap<>();
        try (GoldenPipeline pipeline = new GoldenPipeline();
                WeightsFile goldens = SafetensorsFile.open(FILE)) {
            SigmaSchedule schedule = SchedulerConfig.of(ModelFolder.open(GoldenPipeline.FLUX))
                    .schedule(SchedulerConfig.Levels.EVEN, steps, pipeline.tokens(width, height));
            Array latents = GoldenPipeline.array(goldens, "initial_latents");
            Conditioning conditioning = conditioning(hybrid.path("prompt"));
            assertTrue(hybrid.path("runs").size() > 0, "no runs");
            for (JsonNode run : hybrid.path("runs")) {
                double share = run.path("p").asDouble();
                Plan plan = Plan.ode(schedule, DpmSolver.FIRST_ORDER).hybrid(share);
                assertEquals(
                        run.path("tuned_steps").asInt(),
                        plan.steps().stream()
                                .filter(step -> step.network() == Step.Network.TUNED)
                                .count(),
                        "steps by the tuned transformer");
                GoldenPipeline.Result result = pipeline.draw(
                        pipeline.inputs(
                                width,
                                height,
                                hybrid.path("max_sequence_length").asInt(),
                                hybrid.path("guidance").asDouble()),
                        plan,
                        conditioning,
                        latents);
                String name = "p%s.".formatted(Numbers.plain(share));
                for (int i = 0; i < steps; i++) {
                    float[] after = i + 1 == steps
                            ? result.latents()
                            : result.calls().get(i + 1).inputs().get("hidden_states");
                    results.put(name + "latents_" + i, new Array(latents.shape(), after));
                }
                results.put(name + "image_float", result.floats());
                GoldenPipeline.assertSameBytes(
                        "Hybrid " + name + "image_uint8",
                        GoldenPipeline.array(goldens, name + "image_uint8"),
                        result.bytes());
            }
            report.compare("", GoldenReport.tolerances(FILE), goldens, results);
            report.print();
        }
    }

    /** The embeddings lie with the pipeline's run of the same prompt. */
    private static Conditioning conditioning(JsonNode prompt) throws IOException {
        JsonNode runs = new ObjectMapper()
                .readTree(CASES.resolve("pipeline.json").toFile())
                .path("runs");
        for (JsonNode run : runs) {
            if (run.path("prompt").equals(prompt)
                    && run.path("images_per_prompt").asInt() == 1) {
                try (WeightsFile goldens = SafetensorsFile.open(CASES.resolve("pipeline.safetensors"))) {
                    String name = run.path("name").asText() + ".";
                    return Conditioning.of(GoldenPipeline.texts(
                            GoldenPipeline.array(goldens, name + "prompt_embeds"),
                            GoldenPipeline.array(goldens, name + "pooled_prompt_embeds")));
                }
            }
        }
        throw new IllegalStateException("no run of the pipeline has the prompts " + List.of(prompt));
    }
}
