package mixgrpo.tools.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneSplit;
import mixgrpo.tools.model.FluxModel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The model that ships, {@code models/scenes}, or the one in the folder that the property {@code scenes.model} names. */
class ScenesModelTest {

    private static Path model() {
        Path folder = Path.of(System.getProperty("scenes.model", "../models/scenes"));
        assumeTrue(
                Files.exists(folder.resolve("model_index.json")),
                () -> "no model at %s; tools/pretrain scenes makes one, -Dscenes.model=DIR names it".formatted(folder));
        return folder;
    }

    @Test
    @Tag("slow")
    void truePicturesStayRightThroughTheAutoencoder() throws IOException {
        try (FluxModel model = FluxModel.open(model().toString())) {
            RoundTrip roundTrip = RoundTrip.measure(model, 500);
            assertTrue(roundTrip.strictBefore() >= .98, roundTrip::toString);
            assertTrue(roundTrip.strict() >= .95, roundTrip::toString);
        }
    }

    @Test
    void promptsToTrainOnAreDistinctAndNoneIsHeldOut() throws IOException {
        Path file = model().resolve("prompts.txt");
        assumeTrue(Files.exists(file), () -> "the model was not finished: no " + file);
        List<String> prompts = Files.readAllLines(file);
        assertEquals(prompts.size(), prompts.stream().distinct().count());
        for (String text : prompts) {
            ScenePrompt prompt = ScenePrompt.parse(text);
            assertEquals(text, prompt.text());
            assertEquals(SceneSplit.Part.TRAINING, SceneSplit.partOf(prompt), text);
            assertTrue(!SceneSplit.hasHeldOutPair(prompt), text);
        }
    }
}
