package mixgrpo.tools.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import mixgrpo.trainer.pretrain.PretrainConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainFolderTest {

    @TempDir
    private Path folder;

    private static PretrainConfig config(long seed, int vaeSteps, int policySteps) {
        PretrainConfig shipped = PretrainConfig.shipped();
        return new PretrainConfig(
                seed,
                shipped.textLength(),
                shipped.autoencoder().withSteps(vaeSteps),
                shipped.policy().withSteps(policySteps));
    }

    @Test
    void onlyTheLengthOfThePolicysTrainingMayChange() throws IOException {
        Path path = folder.resolve("new/pretrained");
        PretrainFolder.open(path, config(1, 600, 9_500));
        assertEquals(
                path.resolve("samples/policy-001000.png"),
                PretrainFolder.open(path, config(1, 600, 20_000)).sample(1_000));
        for (PretrainConfig other : new PretrainConfig[] {config(2, 600, 9_500), config(1, 700, 9_500)}) {
            String message = assertThrows(IllegalArgumentException.class, () -> PretrainFolder.open(path, other))
                    .getMessage();
            assertTrue(message.contains("was begun with {\"seed\":1,\"vaeSteps\":600}"), message);
        }
    }

    @Test
    void theShippedLengthsGiveTheShippedTraining() {
        assertEquals(
                PretrainConfig.shipped(),
                config(
                        1,
                        PretrainConfig.shipped().autoencoder().steps(),
                        PretrainConfig.shipped().policy().steps()));
    }
}
