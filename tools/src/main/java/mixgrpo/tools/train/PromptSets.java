package mixgrpo.tools.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneSplit;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.runtime.text.TextEncoder;
import mixgrpo.tools.model.FluxModel;
import mixgrpo.trainer.config.EvaluateConfig;
import mixgrpo.trainer.config.PromptsConfig;

/**
 * The prompts of a run, encoded: those it trains on, those it is watched on while it goes on, and those that are only measured
 * at the end. Those two were reserved before the built-in model was pretrained.
 */
record PromptSets(List<Prompt> training, List<Prompt> development, List<Prompt> heldOut) {

    static PromptSets load(PromptsConfig prompts, EvaluateConfig evaluate) throws IOException {
        List<String> training = prompts.file().isPresent() ? read(prompts.file().get()) : FluxModel.builtInPrompts();
        if (training.size() < prompts.perIteration()) {
            throw new IllegalArgumentException("prompts.perIteration: expected 1..%d (the number of prompts%s), got %d"
                    .formatted(
                            training.size(),
                            prompts.file().map(file -> " in " + file).orElse(""),
                            prompts.perIteration()));
        }
        try (TextEncoder encoder = new TextEncoder(FluxModel.TEXT_LENGTH)) {
            return new PromptSets(
                    encoded(training, encoder),
                    encoded(texts(SceneSplit.developmentPrompts(evaluate.prompts())), encoder),
                    encoded(texts(SceneSplit.testPrompts(evaluate.prompts())), encoder));
        }
    }

    private static List<String> texts(List<ScenePrompt> prompts) {
        return prompts.stream().map(ScenePrompt::text).toList();
    }

    /** Lines of a file without blank ones and repetitions. */
    static List<String> read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException(
                    "prompts.file: expected a text file with one prompt a line, found none at %s".formatted(file));
        }
        LinkedHashSet<String> prompts = new LinkedHashSet<>();
        for (String line : Files.readAllLines(file)) {
            if (!line.isBlank()) {
                prompts.add(line.strip());
            }
        }
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException(
                    "prompts.file: expected at least one prompt (a line of text), found none in %s".formatted(file));
        }
        return List.copyOf(prompts);
    }

    static List<Prompt> encoded(List<String> texts, TextEncoder encoder) {
        List<TextEmbedding> embeddings = encoder.encode(texts, done -> {});
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            prompts.add(new Prompt(i, texts.get(i), embeddings.get(i)));
        }
        return prompts;
    }
}
