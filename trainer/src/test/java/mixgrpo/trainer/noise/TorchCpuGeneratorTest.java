package mixgrpo.trainer.noise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import mixgrpo.runtime.noise.TorchCpuGenerator;
import org.junit.jupiter.api.Test;

/** The generator beside the libtorch that trains: the same seed, the same sequence of draws. */
class TorchCpuGeneratorTest {

    /** Torch's vector code and ours differ by a few units in the last place of a float32 around 4, which is 5e-7. */
    private static final float TOLERANCE = 2e-6f;

    private static final int[] SIZES = {1, 2, 3, 15, 16, 17, 5, 31, 32, 1000, 4, 4096};

    @Test
    void anySequenceOfDrawsIsTorchs() {
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            for (int seed : new int[] {0, 1, 42, Integer.MAX_VALUE}) {
                Engine.getEngine("PyTorch").setRandomSeed(seed);
                TorchCpuGenerator generator = new TorchCpuGenerator(seed);
                for (int size : SIZES) {
                    float[] expected = manager.randomNormal(0, 1, new Shape(size), DataType.FLOAT32)
                            .toFloatArray();
                    float[] drawn = new float[size];
                    generator.normals(drawn);
                    assertArrayEquals(expected, drawn, TOLERANCE, "seed %d, %d elements".formatted(seed, size));
                }
            }
        }
    }
}
