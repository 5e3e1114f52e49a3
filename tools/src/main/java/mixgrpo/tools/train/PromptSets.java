package mixgrpo.tools.train;

import java.io.IOException;
import java.util.List;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneSplit;
import mixgrpo.runtime.text.TextEncoder;
import mixgrpo.tools.model.FluxModel;
import mixgrpo.tools.model.PromptTexts;
import mixgrpo.trainer.config.EvaluateConfig;
import mixgrpo.trainer.config.PromptsConfig;

/**
 * The prompts of a run, encoded: those it trains on, those it is watched on while it goes on, and those that are only measured
 * at the end. Those two were reserved before the built-in model was pretrained.
 */
record PromptSets(List<Prompt> training, List<Prompt> development, List<Prompt> heldOut) {

    static PromptSets load(PromptsConfig prompts, EvaluateConfig evaluate) throws IOException {
        List<String> training = prompts.file().isPresent()
                ? PromptTexts.read(prompts.file().get(), "prompts.file")
                : FluxModel.builtInPrompts();
        if (training.size() < prompts.perIteration()) {
            throw new IllegalArgumentException("prompts.perIteration: expected 1..%d (the number of prompts%s), got %d"
                    .formatted(
                            training.size(),
                            prompts.file().map(file -> " in " + file).orElse(""),
                            prompts.perIteration()));
        }
        try (TextEncoder encoder = new TextEncoder(FluxModel.TEXT_LENGTH)) {
            return new PromptSets(
                    PromptTexts.encoded(training, 0, encoder),
                    PromptTexts.encoded(texts(SceneSplit.developmentPrompts(evaluate.prompts())), 0, encoder),
                    PromptTexts.encoded(texts(SceneSplit.testPrompts(evaluate.prompts())), 0, encoder));
        }
    }

    private static List<String> texts(List<ScenePrompt> prompts) {
        return prompts.stream().map(ScenePrompt::text).toList();
    }
}
