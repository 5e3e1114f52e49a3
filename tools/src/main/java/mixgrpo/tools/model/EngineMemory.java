package mixgrpo.tools.model;

import java.io.IOException;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.runtime.rollout.Tiling;

/**
 * What a model's frozen parts need of memory on a CPU, in bytes. An estimate: parameters are counted, activations are a measured multiple
 * of the tokens that a block sees, or of a picture's pixels.
 *
 * @param tokens of a picture and its prompt
 */
public record EngineMemory(ImageModel model, int tokens) {

    /** Bytes of a float32. */
    private static final long VALUE = Float.BYTES;
    /** JVM, native libraries, MiniLM (measured). */
    public static final long FIXED = 500L << 20;
    /** Values for every token and channel that are live at once in an engine, whose blocks share memory. */
    public static final int LIVE_IN_ENGINE = 24;
    /** Attention scores and their softmax, which an engine writes out. */
    private static final int SCORES = 2;
    /** Values of the widest level at full size that are live at once in a decoder. */
    private static final int LIVE_IN_DECODER = 4;
    /** An engine has its weights, and most of them once more as its kernels want them. */
    private static final int COPIES = 2;

    /** The transformer's weights in an engine. */
    public long transformer() {
        return COPIES * bytes(model.architecture().parameters());
    }

    /** The text encoders' weights in engines. */
    public long encoders() throws IOException {
        return COPIES * VALUE * model.text().parameters();
    }

    /** One value for every token and channel. */
    public long perValue() {
        return VALUE * tokens * model.architecture().width();
    }

    /** A pass of so many rows through the transformer. */
    public long pass(long rows) {
        long scores = SCORES * VALUE * model.architecture().heads() * tokens * tokens;
        return rows * (LIVE_IN_ENGINE * perValue() + scores);
    }

    /** The decoder's weights, and a pass of so many pictures, tile by tile where they are large. */
    public long decoder(long pictures, int width, int height) {
        VaeConfig vae = model.vaeConfig();
        int side = Math.min(Tiling.of(vae).side(), Integer.MAX_VALUE / vae.stride()) * vae.stride();
        long pixels = (long) Math.min(side, width) * Math.min(side, height);
        int widest =
                vae.blockOutChannels().get(Math.min(1, vae.blockOutChannels().size() - 1));
        return COPIES * bytes(Inventory.parameters(AutoencoderKl.decoder(vae)))
                + LIVE_IN_DECODER * VALUE * pictures * pixels * widest;
    }

    /** Arrays of these shapes in float32. */
    public static long bytes(Map<String, long[]> shapes) {
        return VALUE * shapes.values().stream().mapToLong(Array::elements).sum();
    }
}
