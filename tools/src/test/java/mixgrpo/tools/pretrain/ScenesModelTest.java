package mixgrpo.tools.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneSplit;
import mixgrpo.tools.model.ImageModel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The model that ships, {@code models/scenes}, or the one in the folder that the property {@code scenes.model} names. */
class ScenesModelTest {

    private static Path model() {
        return Path.of(System.getProperty("scenes.model", "../models/scenes"));
    }

    @Test
    @Tag("slow")
    void truePicturesStayRightThroughTheAutoencoder() throws IOException {
        try (ImageModel model = ImageModel.open(model().toString())) {
            RoundTrip roundTrip = RoundTrip.measure(model, 500);
            assertTrue(roundTrip.strictBefore() >= .98, roundTrip::toString);
            assertTrue(roundTrip.strict() >= .95, roundTrip::toString);
        }
    }

    @Test
    void promptsToTrainOnAreDistinctAndNoneIsHeldOut() throws IOException {
        List<String> prompts = Files.readAllLines(model().resolve("prompts.txt"));
        assertEquals(prompts.size(), prompts.stream().distinct().count());
        for (String text : prompts) {
            ScenePrompt prompt = ScenePrompt.parse(text);
            assertEquals(text, prompt.text());
            assertEquals(SceneSplit.Part.TRAINING, SceneSplit.partOf(prompt), text);
            assertTrue(!SceneSplit.hasHeldOutPair(prompt), text);
        }
    }
}
