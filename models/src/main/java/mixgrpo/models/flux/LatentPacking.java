package mixgrpo.models.flux;

import mixgrpo.models.vae.LatentLayout;

/**
 * Latents {@code [C, H, W]} as tokens {@code [H/2 * W/2, 4 C]} and back: a token is a 2x2 patch in row-major order, in which the
 * channel is slowest, then the row, then the column (FluxPipeline's packing).
 */
public record LatentPacking(int channels, int height, int width) implements LatentLayout {

    public LatentPacking {
        if (height % 2 != 0 || width % 2 != 0) {
            throw new IllegalArgumentException(
                    "latents are packed in patches of 2x2: expected an even height and width, got %d x %d"
                            .formatted(height, width));
        }
    }

    public int rows() {
        return height / 2;
    }

    public int columns() {
        return width / 2;
    }

    @Override
    public int tokens() {
        return rows() * columns();
    }

    @Override
    public float[] pack(float[] latents) {
        return move(latents, true);
    }

    @Override
    public float[] unpack(float[] tokens) {
        return move(tokens, false);
    }

    private float[] move(float[] source, boolean pack) {
        if (source.length != elements()) {
            throw new IllegalArgumentException("latents [%d, %d, %d]: expected %d elements, got %d"
                    .formatted(channels, height, width, elements(), source.length));
        }
        float[] target = new float[source.length];
        int plain = 0;
        for (int c = 0; c < channels; c++) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int token = y / 2 * columns() + x / 2;
                    int packed = token * 4 * channels + c * 4 + y % 2 * 2 + x % 2;
                    if (pack) {
                        target[packed] = source[plain];
                    } else {
                        target[plain] = source[packed];
                    }
                    plain++;
                }
            }
        }
        return target;
    }
}
