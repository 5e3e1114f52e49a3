package mixgrpo.tools.inspect;

import java.io.IOException;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.solvers.schedule.DynamicShift;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.model.Architecture;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.EngineMemory;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.sample.SampleMemory;
import mixgrpo.tools.sample.SampleModel;
import mixgrpo.tools.sample.SamplePlan;
import mixgrpo.tools.sample.SampleRequest;
import mixgrpo.tools.train.Recipe;
import mixgrpo.tools.train.RunMemory;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.TrainConfig;

/**
 * What a model needs, in bytes, by precision of the engines and use: the totals of the plans that {@code tools/sample --dry-run} and
 * {@code tools/train --dry-run} print, with their defaults.
 *
 * @param size of a picture that is sampled
 * @param training the preset and its pictures' size
 * @param bytes by precision, then by use
 */
public record MemoryNeeds(
        SampleRequest.Size size, String training, Map<RolloutConfig.Precision, Map<Use, Long>> bytes) {

    /** Latents of FLUX.1 and SD3, for a transformer that has no autoencoder beside it. */
    private static final int STRIDE = 8;

    private static final int CHANNELS = 16;

    /** What files are in, too; 8-bit integers are made of float32 when a graph is loaded. */
    private static final Set<RolloutConfig.Precision> LISTED =
            EnumSet.complementOf(EnumSet.of(RolloutConfig.Precision.INT8));

    /** What the memory is for. */
    public enum Use {
        SAMPLE("sample"),
        TRAIN_LORA("train LoRA"),
        TRAIN_FULL("train full"),
        EXPORT("export"),
        EXPORTED_FILES("exported files");

        private final String title;

        Use(String title) {
            this.title = title;
        }

        public String title() {
            return title;
        }
    }

    /** Whether an engine on a CPU computes in a precision. */
    static boolean onCpu(RolloutConfig.Precision precision) {
        return EngineKind.ORT_CPU.has(precision);
    }

    /** Of a whole model. */
    static MemoryNeeds of(ImageModel model) throws IOException {
        EngineMemory engines = EngineMemory.of(model, 0);
        boolean builtIn = model.text().isBuiltIn();
        return new Plans(engines, builtIn, model.text().length(), model.text()::positions).needs();
    }

    /** Of a transformer alone. */
    static MemoryNeeds of(Architecture transformer) throws IOException {
        EngineMemory engines = new EngineMemory(transformer, Optional.empty(), 0, 0, Float.BYTES);
        return new Plans(engines, false, transformer.textLength(), length -> length).needs();
    }

    /**
     * The commands' plans for a model.
     *
     * @param engines of any number of tokens
     * @param builtInText whether it is a model of the scenes world
     * @param positions of a prompt of so many tokens
     */
    private record Plans(EngineMemory engines, boolean builtInText, int textLength, IntUnaryOperator positions) {

        MemoryNeeds needs() throws IOException {
            SampleRequest.Size size = SampleModel.size(builtInText, stride());
            String preset = builtInText ? "quickstart" : "paper";
            TrainConfig lora = config(preset, "lora");
            TrainConfig full = config(preset, "full");
            Map<RolloutConfig.Precision, Map<Use, Long>> all = new EnumMap<>(RolloutConfig.Precision.class);
            for (RolloutConfig.Precision precision : LISTED) {
                EngineMemory of = engines.withPrecision(precision);
                Map<Use, Long> needs = new LinkedHashMap<>();
                needs.put(Use.SAMPLE, sample(of, size));
                needs.put(Use.TRAIN_LORA, train(of, lora));
                needs.put(Use.TRAIN_FULL, train(of, full));
                needs.put(Use.EXPORT, EngineMemory.FIXED + 2 * Float.BYTES * largest());
                needs.put(Use.EXPORTED_FILES, of.valueBytes() * parameters());
                all.put(precision, needs);
            }
            String training = "%s at %dx%d"
                    .formatted(preset, full.rollout().width(), full.rollout().height());
            return new MemoryNeeds(size, training, all);
        }

        private static TrainConfig config(String preset, String mode) throws IOException {
            // A configuration must name a model; the plan does not ask which.
            return Configuration.load(preset, List.of(), List.of("model=" + ImageModel.BUILT_IN, "train.mode=" + mode))
                    .config();
        }

        private int stride() {
            return engines.vae().map(vae -> vae.stride()).orElse(STRIDE);
        }

        private int imageTokens(int width, int height) {
            int side = stride() * engines.architecture().patch();
            return width / side * (height / side);
        }

        private long sample(EngineMemory of, SampleRequest.Size size) {
            int image = imageTokens(size.width(), size.height());
            return SampleMemory.of(
                            of.withTokens(image + positions.applyAsInt(textLength)), SamplePlan.rows(image), size)
                    .total();
        }

        private long train(EngineMemory of, TrainConfig config) {
            int width = config.rollout().width();
            int height = config.rollout().height();
            int text = positions.applyAsInt(config.prompts().textLength().orElse(textLength));
            int channels = engines.vae().map(vae -> vae.latentChannels()).orElse(CHANNELS);
            LatentPacking latents = new LatentPacking(channels, height / stride(), width / stride());
            TrainConfig decided = new Recipe(config, latents, DynamicShift.FLUX)
                    .decided(EngineKind.ORT_CPU, text)
                    .config();
            int elements = channels * (width / stride()) * (height / stride());
            return RunMemory.onCpu(decided, of.withTokens(imageTokens(width, height) + text), elements, text)
                    .total();
        }

        /** Elements of the largest array. */
        private long largest() {
            return shapes().values().stream().mapToLong(Array::elements).max().orElse(0);
        }

        private long parameters() {
            return EngineMemory.bytes(shapes()) / Float.BYTES + engines.encoderParameters();
        }

        private Map<String, long[]> shapes() {
            Map<String, long[]> shapes =
                    new LinkedHashMap<>(engines.architecture().parameters());
            engines.vae().ifPresent(vae -> shapes.putAll(Inventory.parameters(AutoencoderKl.decoder(vae))));
            engines.vae().ifPresent(vae -> shapes.putAll(Inventory.parameters(AutoencoderKl.encoder(vae))));
            return shapes;
        }
    }
}
