package mixgrpo.tools.train;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
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
 * The prompts of a run: those it trains on, those it is watched on while it goes on, and those that are only measured at the end.
 * The last two may be empty where a user's list is too short to hold any out.
 */
record PromptSets(List<Prompt> training, List<Prompt> development, List<Prompt> heldOut) {

    /**
     * Chooses the texts.
     *
     * @param scenes whether the model is one of the scenes world, whose prompts for measuring were reserved before the built-in model
     *     was pretrained
     * @throws IllegalArgumentException if there are too few
     * @throws IOException if a file cannot be read
     */
    static PromptSplit texts(TrainConfig config, boolean scenes) throws IOException {
        PromptsConfig prompts = config.prompts();
        EvaluateConfig evaluate = config.evaluate();
        List<String> all = prompts.file().isPresent()
                ? PromptTexts.read(prompts.file().get(), "prompts.file")
                : ImageModel.builtInPrompts();
        if (all.size() < prompts.perIteration()) {
            throw new IllegalArgumentException("prompts.perIteration: expected 1..%d (the number of prompts%s), got %d"
                    .formatted(
                            all.size(),
                            prompts.file().map(file -> " in " + file).orElse(""),
                            prompts.perIteration()));
        }
        if (evaluate.file().isPresent()) {
            List<String> measured = PromptTexts.read(evaluate.file().get(), "evaluate.file");
            return PromptSplit.of(all, measured).measuring(evaluate.prompts());
        } else if (!scenes) {
            return PromptSplit.of(all, prompts.perIteration()).measuring(evaluate.prompts());
        }
        Set<String> trained = Set.copyOf(all);
        try {
            return new PromptSplit(
                    all,
                    untrained(SceneSplit::developmentPrompts, evaluate.prompts(), trained),
                    untrained(SceneSplit::testPrompts, evaluate.prompts(), trained));
        } catch (SceneSplit.TooFewException e) {
            throw new IllegalArgumentException(
                    "evaluate.prompts: expected at most about %d, as many as the world of scenes reserves, got %d"
                            .formatted(e.found(), evaluate.prompts()),
                    e);
        }
    }

    /** At how many tokens prompts are cut: what is given, else the model's own. */
    static int textLength(PromptsConfig prompts, ModelText text) {
        return prompts.textLength().orElse(text.length());
    }

    /**
     * Encodes all of them once.
     *
     * @param encoder which may be closed afterwards
     * @param progress told the number of prompts done
     */
    static PromptSets prepared(PromptSplit texts, PromptEncoder encoder, IntConsumer progress) {
        encoder.prepare(texts.all(), progress);
        return new PromptSets(
                PromptTexts.prepared(texts.training(), 0, encoder),
                PromptTexts.prepared(texts.development(), 0, encoder),
                PromptTexts.prepared(texts.heldOut(), 0, encoder));
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
