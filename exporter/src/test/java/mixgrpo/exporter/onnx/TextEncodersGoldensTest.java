package mixgrpo.exporter.onnx;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import mixgrpo.models.Array;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.ReadProgress;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.runtime.text.FolderEncoders;
import mixgrpo.runtime.text.PromptEncoder;
import mixgrpo.runtime.text.TextEmbedding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prompts of every pipeline run, from text to embedding, against what the pipeline conditioned its transformer on. */
class TextEncodersGoldensTest {

    @Test
    void promptsBecomeThePipelinesEmbeddings(@TempDir Path cache) throws IOException {
        Path flux = GoldenReport.folder("models", "flux");
        Path cases = flux.resolve("cases");
        JsonNode pipeline =
                new ObjectMapper().readTree(cases.resolve("pipeline.json").toFile());
        ModelFolder folder = ModelFolder.open(flux);
        int length = pipeline.path("max_sequence_length").asInt();
        GoldenReport report = new GoldenReport("TextEncoders");
        try (WeightsFile values = SafetensorsFile.open(cases.resolve("pipeline.safetensors"));
                PromptEncoder encoder = FolderEncoders.open(folder, length, OnnxRunner::load);
                PromptEncoder cached =
                        FolderEncoders.cached(folder, length, OnnxRunner::load, cache, ReadProgress.UNWATCHED)) {
            for (JsonNode run : pipeline.path("runs")) {
                for (PromptEncoder each : List.of(encoder, cached)) {
                    compare(report, values, run, "prompt", "", each);
                    compare(report, values, run, "negative_prompt", "negative_", each);
                }
            }
        }
        report.print();
    }

    /** Inputs there, so the tolerances are those of the encoders' own cases. */
    private static void compare(
            GoldenReport report, WeightsFile values, JsonNode run, String field, String prefix, PromptEncoder encoder)
            throws IOException {
        List<String> prompts = new ArrayList<>();
        int copies = run.path("images_per_prompt").asInt(1);
        for (JsonNode prompt : run.path(field)) {
            for (int i = 0; i < copies; i++) {
                prompts.add(prompt.textValue());
            }
        }
        if (prompts.isEmpty()) {
            return;
        }
        Path cases = GoldenReport.folder("models", "flux", "cases");
        String name = run.path("name").asText() + "." + prefix;
        List<TextEmbedding> embeddings = encoder.encode(prompts, done -> {});
        report.compare(
                name + "prompt_embeds",
                array(values, name + "prompt_embeds"),
                rows(embeddings.stream().map(TextEmbedding::states).toList(), encoder.length(), encoder.width()),
                GoldenReport.tolerances(cases.resolve("t5.safetensors")).get("last_hidden_state"));
        report.compare(
                name + "pooled_prompt_embeds",
                array(values, name + "pooled_prompt_embeds"),
                rows(embeddings.stream().map(TextEmbedding::pooled).toList(), encoder.pooledWidth()),
                GoldenReport.tolerances(cases.resolve("clip.safetensors")).get("pooled"));
    }

    private static Array array(WeightsFile values, String name) {
        return new Array(values.shapes().get(name), values.floats(name));
    }

    private static Array rows(List<float[]> rows, long... each) {
        int size = rows.get(0).length;
        float[] all = new float[rows.size() * size];
        long[] shape = new long[each.length + 1];
        shape[0] = rows.size();
        System.arraycopy(each, 0, shape, 1, each.length);
        for (int row = 0; row < rows.size(); row++) {
            System.arraycopy(rows.get(row), 0, all, row * size, size);
        }
        return new Array(shape, all);
    }
}
