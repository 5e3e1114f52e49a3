package mixgrpo.tools.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import mixgrpo.trainer.pretrain.PretrainConfig;
import mixgrpo.trainer.torchscript.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainFolderTest {

    @TempDir
    private Path folder;

    private static PretrainConfig config(long seed, Precision precision, int vaeSteps, int policySteps) {
        PretrainConfig shipped = PretrainConfig.shipped();
        return new PretrainConfig(
                seed,
                shipped.textLength(),
                precision,
                shipped.autoencoder().withSteps(vaeSteps),
                shipped.policy().withSteps(policySteps));
    }

    @Test
    void onlyTheLengthOfThePolicysTrainingMayChange() throws IOException {
        Path path = folder.resolve("new/pretrained");
        assertEquals(Optional.empty(), PretrainFolder.precision(path));
        PretrainFolder.open(path, config(1, Precision.FP32, 600, 9_500));
        assertEquals(Optional.of(Precision.FP32), PretrainFolder.precision(path));
        assertEquals(
                path.resolve("samples/policy-001000.png"),
                PretrainFolder.open(path, config(1, Precision.FP32, 600, 20_000))
                        .sample(1_000));
        for (PretrainConfig other : new PretrainConfig[] {
            config(2, Precision.FP32, 600, 9_500),
            config(1, Precision.FP32, 700, 9_500),
            config(1, Precision.BF16, 600, 9_500)
        }) {
            String message = assertThrows(IllegalArgumentException.class, () -> PretrainFolder.open(path, other))
                    .getMessage();
            assertTrue(
                    message.contains("was begun with {\"seed\":1,\"vaeSteps\":600,\"precision\":\"fp32\"}"), message);
        }
    }

    @Test
    void aFolderFromBeforeTheChoiceOfPrecisionGoesOnInBfloat16() throws IOException {
        Path path = Files.createDirectories(folder.resolve("old"));
        Files.writeString(path.resolve("pretrain.json"), "{\"seed\":1,\"vaeSteps\":600}\n");
        assertEquals(Optional.of(Precision.BF16), PretrainFolder.precision(path));
        PretrainFolder.open(path, config(1, Precision.BF16, 600, 9_500));
    }

    @Test
    void theShippedLengthsGiveTheShippedTraining() {
        assertEquals(
                PretrainConfig.shipped(),
                config(
                        1,
                        PretrainConfig.shipped().precision(),
                        PretrainConfig.shipped().autoencoder().steps(),
                        PretrainConfig.shipped().policy().steps()));
    }
}
