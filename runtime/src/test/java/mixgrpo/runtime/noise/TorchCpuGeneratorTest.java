package mixgrpo.runtime.noise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

class TorchCpuGeneratorTest {

    /** {@code torch.manual_seed(0); torch.randn(6)} and then {@code torch.randn(1)}, as every torch prints them. */
    @Test
    void fewElementsAreDrawnOneByOne() {
        TorchCpuGenerator generator = new TorchCpuGenerator(0);
        float[] first = new float[6];
        generator.normals(first);
        assertArrayEquals(new float[] {1.5410f, -0.2934f, -2.1788f, 0.5684f, -1.0845f, -1.3986f}, first, 5e-5f);
    }

    @Test
    void secondOfAPairWaitsForTheNextDraw() {
        float[] together = new float[4];
        new TorchCpuGenerator(7).normals(together);
        TorchCpuGenerator apart = new TorchCpuGenerator(7);
        float[] one = new float[1];
        float[] three = new float[3];
        apart.normals(one);
        apart.normals(three);
        assertArrayEquals(together, new float[] {one[0], three[0], three[1], three[2]});
    }

    @Test
    void onlyTheLowHalfOfASeedCounts() {
        float[] low = new float[20];
        float[] wide = new float[20];
        new TorchCpuGenerator(5).normals(low);
        new TorchCpuGenerator(5 | 1L << 32).normals(wide);
        assertArrayEquals(low, wide);
    }
}
