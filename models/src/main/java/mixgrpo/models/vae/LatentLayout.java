package mixgrpo.models.vae;

/**
 * How the latents {@code [channels, height, width]} of one image lie in the row of numbers that a solver steps and a transformer
 * takes: as they are, or packed into tokens.
 */
public interface LatentLayout {

    int channels();

    int height();

    int width();

    /** Tokens that the transformer makes of an image; a schedule's shift may depend on it. */
    int tokens();

    /** Elements of one image's latents. */
    default int elements() {
        return channels() * height() * width();
    }

    /** One image's row from its latents; a new array of the caller. */
    float[] pack(float[] latents);

    /** One image's latents from its row; a new array of the caller. */
    float[] unpack(float[] row);
}
