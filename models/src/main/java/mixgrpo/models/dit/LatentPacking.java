package mixgrpo.models.dit;

/**
 * Latents {@code [C, H, W]} as tokens {@code [H/p * W/p, p * p * C]} and back: a token is a patch of p x p places, tokens in
 * row-major order, inside a token the channel is slowest, then the row, then the column (FluxPipeline's packing; also the order of
 * the weights of SD3's patch embedding).
 *
 * @param patch places along a side of a token
 */
public record LatentPacking(int channels, int height, int width, int patch) {

    public LatentPacking {
        if (patch < 1 || height < patch || width < patch || height % patch != 0 || width % patch != 0) {
            throw new IllegalArgumentException(
                    "latents are packed in patches of %dx%d: expected a height and width that are multiples of %d, got %d x %d"
                            .formatted(patch, patch, patch, height, width));
        }
        if (channels < 1) {
            throw new IllegalArgumentException("latents: expected 1 channel or more, got %d".formatted(channels));
        }
        if ((long) height * width > Integer.MAX_VALUE / channels) {
            throw new IllegalArgumentException("latents [%d, %d, %d]: expected at most %d values, got more"
                    .formatted(channels, height, width, Integer.MAX_VALUE));
        }
    }

    /** Patches of 2x2. */
    public LatentPacking(int channels, int height, int width) {
        this(channels, height, width, 2);
    }

    public int rows() {
        return height / patch;
    }

    public int columns() {
        return width / patch;
    }

    public int tokens() {
        return rows() * columns();
    }

    /** Elements of a token. */
    public int tokenElements() {
        return patch * patch * channels;
    }

    /** Elements of one image's latents. */
    public int elements() {
        return channels * height * width;
    }

    /** One image's tokens from its latents; a new array of the caller. */
    public float[] pack(float[] latents) {
        return move(latents, true);
    }

    /** One image's latents from its tokens; a new array of the caller. */
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
                    int token = y / patch * columns() + x / patch;
                    int packed = token * tokenElements() + (c * patch + y % patch) * patch + x % patch;
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
