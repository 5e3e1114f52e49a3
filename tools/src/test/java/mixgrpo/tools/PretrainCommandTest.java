package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import mixgrpo.tools.model.Processor;
import mixgrpo.trainer.torchscript.Precision;
import org.junit.jupiter.api.Test;

class PretrainCommandTest {

    @Test
    void computesIn16BitsOnlyWhereTheProcessorHasInstructionsForIt() {
        assertEquals(Precision.FP32, fastest("avx2"));
        assertEquals(Precision.FP32, fastest("avx512f", "avx512_vnni"));
        assertEquals(Precision.BF16, fastest("avx512f", "avx512_bf16"));
        assertEquals(Precision.BF16, fastest("amx_tile", "amx_bf16"));
    }

    private static Precision fastest(String... features) {
        return PretrainCommand.fastest(new Processor("any", Set.of(features)));
    }
}
