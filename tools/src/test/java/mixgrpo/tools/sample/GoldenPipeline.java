package mixgrpo.tools.sample;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.rollout.Conditioning;
import mixgrpo.runtime.rollout.Drawing;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.rollout.Sampler;
import mixgrpo.runtime.rollout.Tiling;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.rollout.VaeDecoder;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Step;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.RecordingEngine;

/** The golden FLUX folder's own sampler and decoder, with everything that passes through their engines kept. */
final class GoldenPipeline implements AutoCloseable {

    static final Path FLUX = GoldenReport.folder("models", "flux");

    private final OpenResources open = new OpenResources();
    private final List<RecordingEngine.Call> calls = new ArrayList<>();
    private final Map<Step.Network, Engine> engines = new EnumMap<>(Step.Network.class);
    private final RecordingEngine decoder;
    private final VaeConfig vae;
    private final FluxConfig config;

    GoldenPipeline() throws IOException {
        config = FluxConfig.of(
                open.add(Component.open(FLUX.resolve("transformer"))).config());
        for (Map.Entry<Step.Network, String> part : Map.of(
                        Step.Network.BASE, "transformer", Step.Network.TUNED, "transformer_tuned")
                .entrySet()) {
            Weights weights =
                    open.add(Component.open(FLUX.resolve(part.getValue()))).weights();
            Network network = FluxTransformer.of(config);
            Engine engine = open.add(EngineKind.ORT_CPU.load(part.getValue(), network, weights));
            engines.put(part.getKey(), new RecordingEngine(engine, calls));
        }
        Component component = open.add(Component.open(FLUX.resolve("vae")));
        vae = VaeConfig.of(component.config());
        decoder =
                RecordingEngine.of(EngineKind.ORT_CPU.load("decoder", AutoencoderKl.decoder(vae), component.weights()));
    }

    /**
     * What a drawing left behind.
     *
     * @param calls of the transformers, in order
     * @param latents after the last step, packed
     * @param decoded {@code [B, 3, H, W]}, before it becomes pictures
     */
    record Result(List<RecordingEngine.Call> calls, float[] latents, float[] decoded, List<Image> pictures) {

        /** The pictures as bytes {@code [B, H, W, 3]}. */
        Array bytes() {
            int width = pictures.get(0).width();
            int height = pictures.get(0).height();
            float[] bytes = new float[pictures.size() * width * height * 3];
            for (int i = 0; i < bytes.length; i++) {
                int pixel = i / 3 % (width * height);
                int packed =
                        pictures.get(i / 3 / (width * height)).toBufferedImage().getRGB(pixel % width, pixel / width);
                bytes[i] = packed >> 8 * (2 - i % 3) & 0xFF;
            }
            return Array.of(bytes, pictures.size(), height, width, 3);
        }

        /** The pictures {@code [B, 3, H, W]} in [0, 1]. */
        Array floats() {
            int area = pictures.get(0).width() * pictures.get(0).height();
            float[] planes = new float[pictures.size() * area * 3];
            for (int i = 0; i < planes.length; i++) {
                planes[i] = pictures.get(i / (3 * area)).rgb()[i % area * 3 + i / area % 3];
            }
            return Array.of(
                    planes,
                    pictures.size(),
                    3,
                    pictures.get(0).height(),
                    pictures.get(0).width());
        }
    }

    int tokens(int width, int height) {
        return packing(width, height).tokens();
    }

    FluxInputs inputs(int width, int height, int textLength, double guidance) {
        return new FluxInputs(config, packing(width, height), textLength, guidance);
    }

    /** Of pictures of this size, which the pipeline rounds down to whole tokens. */
    private LatentPacking packing(int width, int height) {
        int token = 2 * vae.stride();
        return new LatentPacking(vae.latentChannels(), 2 * (height / token), 2 * (width / token));
    }

    Result draw(TransformerInputs inputs, Plan plan, Conditioning conditioning, Array latents) {
        calls.clear();
        decoder.calls().clear();
        int rows = (int) latents.shape()[0];
        float[][] noise = rows(latents);
        float[][] last = new float[1][];
        try (Sampler sampler = new Sampler(inputs, engines, rows, Workers.one())) {
            VaeDecoder vaeDecoder = new VaeDecoder(decoder, vae, inputs.packing(), rows, Tiling.NONE, Workers.one());
            Drawing drawing = Drawing.of(plan, conditioning.texts(), noise);
            List<Image> pictures = sampler.draw(
                    new Drawing(plan, conditioning, noise, drawing.stepNoise(), drawing.watcher()), result -> {
                        last[0] = flat(result);
                        return vaeDecoder.decode(result);
                    });
            float[] decoded = decoder.calls().get(0).outputs().get("image");
            return new Result(List.copyOf(calls), last[0], decoded, pictures);
        }
    }

    static float[] flat(float[][] rows) {
        float[] all = new float[rows.length * rows[0].length];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, all, i * rows[0].length, rows[0].length);
        }
        return all;
    }

    static float[][] rows(Array array) {
        int count = (int) array.shape()[0];
        int elements = array.values().length / count;
        float[][] rows = new float[count][elements];
        for (int i = 0; i < count; i++) {
            System.arraycopy(array.values(), i * elements, rows[i], 0, elements);
        }
        return rows;
    }

    /** Prompts from the reference's states {@code [B, L, C]} and pooled vectors {@code [B, P]}, one a picture. */
    static List<TextEmbedding> texts(Array states, Array pooled) {
        float[][] ofStates = rows(states);
        float[][] ofPooled = rows(pooled);
        int length = (int) states.shape()[1];
        List<TextEmbedding> texts = new ArrayList<>();
        for (int i = 0; i < ofStates.length; i++) {
            texts.add(new TextEmbedding(length, length, ofStates[i], ofPooled[i]));
        }
        return texts;
    }

    static Array array(Weights file, String name) {
        if (!file.shapes().containsKey(name)) {
            throw new IllegalStateException("the goldens hold no '" + name + "'");
        }
        return new Array(file.shapes().get(name), file.floats(name));
    }

    /** At most one level apart, and that in at most one of a thousand values: rounding may fall on either side of a half. */
    static void assertSameBytes(String title, Array expected, Array actual) {
        int differ = 0;
        double largest = 0;
        for (int i = 0; i < expected.values().length; i++) {
            double difference = Math.abs(expected.values()[i] - actual.values()[i]);
            largest = Math.max(largest, difference);
            differ += difference > 0 ? 1 : 0;
        }
        int allowed = expected.values().length / 1000;
        String got = "%s: %d of %d bytes differ, by %.0f at the most"
                .formatted(title, differ, expected.values().length, largest);
        System.out.println("goldens " + got);
        assertTrue(largest <= 1 && differ <= allowed, got);
    }

    @Override
    public void close() {
        decoder.close();
        open.close();
    }
}
