package mixgrpo.tools.model;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.trainer.config.RolloutConfig;

/**
 * What a model's frozen parts need of memory on a CPU, in bytes. An estimate: parameters are counted, activations are a measured multiple
 * of the tokens that a block sees, or of a picture's pixels.
 *
 * @param architecture of the transformer
 * @param vae the autoencoder, if there is one
 * @param encoderParameters of all text encoders together
 * @param tokens of a picture and its prompt
 * @param valueBytes of a number that the transformer's engine computes with; the others compute in float32
 */
public record EngineMemory(
        Architecture architecture, Optional<VaeConfig> vae, long encoderParameters, int tokens, int valueBytes) {

    /**
     * JVM, its heap, ONNX Runtime, MiniLM. Measured: a process that draws 64x64 with the built-in model has a peak of 0.34 GB with one
     * picture at a time and 0.53 GB with 24, of which 0.04 and 0.12 GB are other parts here.
     */
    public static final long FIXED = 350_000_000;
    /** Values for every token and channel that are live at once in an engine, whose blocks share memory. */
    private static final int LIVE_IN_ENGINE = 24;
    /**
     * Attention scores, their softmax and what an engine's pools, which grow by doubling, hold beside them. Measured: 512x512 with the
     * built-in model, 6 heads and 4,112 tokens, has a peak of 2.4 GB where the decoder works in tiles.
     */
    private static final int SCORES = 4;
    /** The same of a decoder's one head at so many places. Measured: 512x512 at once costs 2.0 GB more than in tiles of 256x256. */
    private static final int SCORES_IN_DECODER = 2;
    /** Values of the widest level at full size that are live at once in a decoder. */
    private static final int LIVE_IN_DECODER = 4;
    /** An engine has its weights, and most of them once more as its kernels want them. */
    private static final int COPIES = 2;

    /** Of a model's engines in float32. */
    public static EngineMemory of(ImageModel model, int tokens) throws IOException {
        return new EngineMemory(
                model.architecture(),
                Optional.of(model.vaeConfig()),
                model.text().parameters(),
                tokens,
                Float.BYTES);
    }

    /** The same for a picture and a prompt of so many tokens together. */
    public EngineMemory withTokens(int number) {
        return new EngineMemory(architecture, vae, encoderParameters, number, valueBytes);
    }

    /** The same for a transformer in this precision; 8-bit integers lie beside float32, see {@link #quantized}. */
    public EngineMemory withPrecision(RolloutConfig.Precision precision) {
        int bytes =
                switch (precision) {
                    case FP32, INT8 -> Float.BYTES;
                    case FP16, BF16 -> Short.BYTES;
                };
        return new EngineMemory(architecture, vae, encoderParameters, tokens, bytes);
    }

    /** The transformer's weights once. */
    public long weights() {
        return valueBytes * values(architecture.parameters());
    }

    /** The transformer's weights in an engine on a CPU. */
    public long transformer() {
        return COPIES * weights();
    }

    /** The same in 8-bit integers: the weights as they are given in float32, and as integers. */
    public long quantized() {
        return weights() + weights() / Float.BYTES;
    }

    /** The text encoders' weights in engines. */
    public long encoders() {
        return (long) COPIES * Float.BYTES * encoderParameters;
    }

    /** One number for every token and channel. */
    private long perValue() {
        return (long) valueBytes * tokens * architecture.width();
    }

    /** A pass of so many rows through the transformer. */
    public long pass(long rows) {
        return rows * (LIVE_IN_ENGINE * perValue() + SCORES * scores(valueBytes, architecture.heads(), tokens));
    }

    private static long scores(int bytes, int heads, long places) {
        return (long) bytes * heads * places * places;
    }

    /** The decoder's weights, and a pass of so many pictures, tile by tile where they are large; nothing without an autoencoder. */
    public long decoder(long pictures, int width, int height, VaeTiling tiling) {
        return vae.map(config -> decoder(config, pictures, width, height, tiling))
                .orElse(0L);
    }

    private long decoder(VaeConfig config, long pictures, int width, int height, VaeTiling tiling) {
        int side = Math.min(tiling.of(config).side(), Integer.MAX_VALUE / config.stride()) * config.stride();
        long pixels = (long) Math.min(side, width) * Math.min(side, height);
        int widest = config.blockOutChannels()
                .get(Math.min(1, config.blockOutChannels().size() - 1));
        long places = pixels / config.stride() / config.stride();
        long attention = config.midBlockAddAttention() ? SCORES_IN_DECODER * scores(Float.BYTES, 1, places) : 0;
        long convolutions = (long) LIVE_IN_DECODER * Float.BYTES * pixels * widest;
        return (long) COPIES * Float.BYTES * values(Inventory.parameters(AutoencoderKl.decoder(config)))
                + pictures * Math.max(attention, convolutions);
    }

    private static long values(Map<String, long[]> shapes) {
        return shapes.values().stream().mapToLong(Array::elements).sum();
    }

    /** Arrays of these shapes in float32. */
    public static long bytes(Map<String, long[]> shapes) {
        return Float.BYTES * values(shapes);
    }
}
