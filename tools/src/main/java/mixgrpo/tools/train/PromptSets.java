package mixgrpo.tools.train;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneSplit;
import mixgrpo.runtime.text.PromptEncoder;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.ModelText;
import mixgrpo.tools.model.PromptTexts;
import mixgrpo.trainer.config.EvaluateConfig;
import mixgrpo.trainer.config.PromptsConfig;
import mixgrpo.trainer.config.TrainConfig;

/**
 * The prompts of a run, encoded: those it trains on, those it is watched on while it goes on, and those that are only measured
 * at the end. Those two were reserved before the built-in model was pretrained.
 */
record PromptSets(List<Prompt> training, List<Prompt> development, List<Prompt> heldOut) {

    static PromptSets load(TrainConfig config, ModelText text) throws IOException {
        PromptsConfig prompts = config.prompts();
        EvaluateConfig evaluate = config.evaluate();
        List<String> training = prompts.file().isPresent()
                ? PromptTexts.read(prompts.file().get(), "prompts.file")
                : ImageModel.builtInPrompts();
        if (training.size() < prompts.perIteration()) {
            throw new IllegalArgumentException("prompts.perIteration: expected 1..%d (the number of prompts%s), got %d"
                    .formatted(
                            training.size(),
                            prompts.file().map(file -> " in " + file).orElse(""),
                            prompts.perIteration()));
        }
        try (PromptEncoder encoder = text.open(text.length())) {
            Set<String> trained = Set.copyOf(training);
            return new PromptSets(
                    PromptTexts.encoded(training, 0, encoder),
                    PromptTexts.encoded(
                            untrained(SceneSplit::developmentPrompts, evaluate.prompts(), trained), 0, encoder),
                    PromptTexts.encoded(untrained(SceneSplit::testPrompts, evaluate.prompts(), trained), 0, encoder));
        }
    }

    /** The first {@code count} prompts of a list whose pictures no prompt of the training asks for: a user's own may. */
    private static List<String> untrained(IntFunction<List<ScenePrompt>> list, int count, Set<String> training) {
        for (int length = count; ; length += count) {
            List<String> untrained = list.apply(length).stream()
                    .filter(prompt ->
                            prompt.rewordings().stream().noneMatch(wording -> training.contains(wording.text())))
                    .map(ScenePrompt::text)
                    .limit(count)
                    .toList();
            if (untrained.size() == count) {
                return untrained;
            }
        }
    }
}
