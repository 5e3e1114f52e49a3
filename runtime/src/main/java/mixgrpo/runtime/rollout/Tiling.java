package mixgrpo.runtime.rollout;

import java.util.function.UnaryOperator;
import mixgrpo.models.vae.VaeConfig;

/**
 * Large pictures go through an autoencoder in square tiles that overlap; where they do, one goes over linearly into the next, from
 * above first, then from the left (diffusers' tiled AutoencoderKL). Memory is then bounded by a tile, not by the picture: beside
 * picture and latents themselves, what the network needs for one tile and the results of two rows of tiles. The picture
 * is not quite that of the whole: norms and attention see one tile at a time, a convolution nothing beyond its edge.
 *
 * @param side of a tile, in places of the latents
 * @param overlap of neighbouring tiles, in places of the latents
 */
public record Tiling(int side, int overlap) {

    /** Every picture is one tile. */
    public static final Tiling NONE = new Tiling(Integer.MAX_VALUE, 0);

    private static final int USUAL_HALF = 64;

    public Tiling {
        if (side < 1 || overlap < 0 || overlap > side / 2) {
            throw new IllegalArgumentException(
                    "tiles: expected a side from 1 and an overlap from 0 to half of it, got %d and %d"
                            .formatted(side, overlap));
        }
    }

    /**
     * Tiles of the size that an autoencoder was made for ({@code sample_size} in its configuration), a quarter of which overlaps;
     * where the configuration does not say it, none.
     */
    public static Tiling of(VaeConfig config) {
        int side = config.sampleSize() / config.stride();
        return side == 0 ? NONE : new Tiling(side, side / 4);
    }

    /**
     * Tiles of half that side, a quarter of which overlaps, for less memory; where the configuration does not say the size, of
     * {@value #USUAL_HALF} latents, half of what FLUX.1 and SD3 were made for.
     */
    public static Tiling half(VaeConfig config) {
        int whole = config.sampleSize() / config.stride();
        int side = whole == 0 ? USUAL_HALF : Math.max(1, whole / 2);
        return new Tiling(side, side / 4);
    }

    /**
     * What {@code network} makes of {@code whole}, tile by tile if it is larger than one.
     *
     * @param unit places of {@code whole} along a side of a latent's place
     * @param resultUnit the same of the result
     * @param network keeps its argument and gives a new result
     */
    Planes map(Planes whole, int unit, int resultUnit, UnaryOperator<Planes> network) {
        int height = whole.height() / unit;
        int width = whole.width() / unit;
        if (height <= side && width <= side) {
            return network.apply(whole);
        }
        int step = side - overlap;
        Planes result = null;
        Planes[] above = null;
        for (int top = 0; top < height; top += step) {
            Planes[] row = new Planes[(width + step - 1) / step];
            for (int column = 0; column < row.length; column++) {
                int left = column * step;
                Planes tile = network.apply(whole.crop(top * unit, left * unit, side * unit, side * unit));
                if (above != null) {
                    tile.blendFromAbove(above[column], overlap * resultUnit);
                }
                if (column > 0) {
                    tile.blendFromLeft(row[column - 1], overlap * resultUnit);
                }
                row[column] = tile;
                if (result == null) {
                    result = Planes.zeros(whole.images(), tile.channels(), height * resultUnit, width * resultUnit);
                }
                result.paste(tile, top * resultUnit, left * resultUnit, step * resultUnit);
            }
            above = row;
        }
        return result;
    }
}
