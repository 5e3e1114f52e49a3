package mixgrpo.runtime.rollout;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.engine.Port;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.workers.Workers;
import org.junit.jupiter.api.Test;

class VaeEncoderTest {

    /** Latents are pixels: stride 1, three channels, and a scale that must go in and come out. */
    private static final VaeConfig CONFIG = new VaeConfig(3, 3, 3, List.of(8), 1, 8, true, false, false, 2, .25);

    private static final LatentPacking PACKING = new LatentPacking(3, 4, 2);
    private static final int PIXELS = 3 * 4 * 2;

    /** An engine of one input and one output that computes row by row in Java. */
    private record Rows(String input, String output, UnaryOperator<float[]> row) implements Engine {

        @Override
        public List<Port> inputs() {
            return List.of();
        }

        @Override
        public List<Port> outputs() {
            return List.of(new Port(output, false, List.of()));
        }

        @Override
        public EngineRun bind(Map<String, long[]> shapes) {
            int rows = (int) shapes.get(input)[0];
            return new EngineRun() {
                private float[] in;
                private float[] out;

                @Override
                public void set(String name, float[] values) {
                    assertEquals(input, name);
                    in = values.clone();
                }

                @Override
                public void run() {
                    List<float[]> results = new ArrayList<>();
                    for (int i = 0; i < rows; i++) {
                        float[] one = new float[in.length / rows];
                        System.arraycopy(in, i * one.length, one, 0, one.length);
                        results.add(row.apply(one));
                    }
                    int length = results.get(0).length;
                    out = new float[rows * length];
                    for (int i = 0; i < rows; i++) {
                        System.arraycopy(results.get(i), 0, out, i * length, length);
                    }
                }

                @Override
                public long[] shape(String name) {
                    assertEquals(output, name);
                    return new long[] {rows, out.length / rows};
                }

                @Override
                public void get(String name, float[] target) {
                    System.arraycopy(out, 0, target, 0, out.length);
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public void update(Weights weights) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }

    private static final Engine MEANS_ARE_PIXELS = new Rows("image", "moments", pixels -> {
        float[] moments = new float[2 * pixels.length];
        System.arraycopy(pixels, 0, moments, 0, pixels.length);
        Arrays.fill(moments, pixels.length, moments.length, 99); // log-variances, which nobody asks for
        return moments;
    });

    private static List<Image> images(int count) {
        Random random = new Random(1);
        List<Image> images = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] rgb = new float[PIXELS];
            for (int k = 0; k < PIXELS; k++) {
                rgb[k] = random.nextFloat();
            }
            images.add(new Image(2, 4, rgb));
        }
        return images;
    }

    @Test
    void decodingUndoesEncodingInBatchesAndTilesOfAnySize() {
        List<Image> images = images(5);
        Engine latentsArePixels = new Rows("latents", "image", UnaryOperator.identity());
        for (int count = 1; count <= 3; count++) {
            Tiling tiling =
                    List.of(Tiling.NONE, new Tiling(2, 1), new Tiling(3, 1)).get(count - 1);
            VaeEncoder encoder = new VaeEncoder(MEANS_ARE_PIXELS, CONFIG, PACKING, 2, tiling);
            try (Workers workers = new Workers(count);
                    VaeDecoder decoder = new VaeDecoder(latentsArePixels, CONFIG, PACKING, 3, tiling, workers)) {
                List<Image> back = decoder.decode(encoder.encode(images));
                for (int i = 0; i < images.size(); i++) {
                    assertArrayEquals(images.get(i).rgb(), back.get(i).rgb(), 1e-6f);
                }
            }
        }
    }

    @Test
    void latentsAreShiftedScaledAndPacked() {
        float[] latents = new VaeEncoder(MEANS_ARE_PIXELS, CONFIG, PACKING, 2).encode(images(1))[0];
        Image image = images(1).get(0);
        float[] plain = new float[PIXELS];
        for (int p = 0; p < 8; p++) {
            for (int c = 0; c < 3; c++) {
                plain[c * 8 + p] = (float) ((image.rgb()[3 * p + c] * 2 - 1 - .25) * 2);
            }
        }
        assertArrayEquals(PACKING.pack(plain), latents, 1e-6f);
    }

    @Test
    void anImageOfAnotherSizeIsRefused() {
        VaeEncoder encoder = new VaeEncoder(MEANS_ARE_PIXELS, CONFIG, PACKING, 2);
        List<Image> images = List.of(new Image(4, 2, new float[PIXELS]));
        String message = assertThrows(IllegalArgumentException.class, () -> encoder.encode(images))
                .getMessage();
        assertTrue(message.contains("expected 2 x 4 pixels, got 4 x 2"), message);
    }
}
