package mixgrpo.tools.sample;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.AdapterFile;
import mixgrpo.tools.model.Numbers;
import mixgrpo.tools.model.VaeTiling;
import mixgrpo.trainer.config.RolloutConfig;

/**
 * What a call of {@code tools/sample} asks for. Everything that can be told to be wrong without a model is refused here.
 *
 * @param engine that was asked for, which says how pictures are made again
 * @param precision in which the transformer's layers compute
 * @param out folder for the pictures, or null for a new one
 */
public record SampleRequest(
        Source source,
        Words words,
        Look look,
        Method method,
        RolloutConfig.Engine engine,
        RolloutConfig.Precision precision,
        Path out) {

    public SampleRequest {
        if (source.merge() && precision != RolloutConfig.Precision.FP32) {
            throw new IllegalArgumentException(
                    "--merge: expected --precision fp32, because what an adapter adds is lost in coarser numbers, got %s"
                            .formatted(Word.of(precision)));
        }
    }

    SampleRequest with(Words other) {
        return new SampleRequest(source, other, look, method, engine, precision, out);
    }

    /**
     * The weights to draw with.
     *
     * @param model folder of a run or of a model, or the built-in model's name; null for the newest quickstart run or the built-in model
     * @param variant which of several weights of its parts are read, or null for the run's or the plain ones
     * @param tuned folder or file with the transformer that was tuned from the model's; null for none
     * @param adapters LoRA files for the model
     * @param merge whether adapters are folded into a second set of weights
     */
    public record Source(String model, String variant, Path tuned, List<AdapterFile> adapters, boolean merge) {

        public Source {
            adapters = List.copyOf(adapters);
            if (variant != null && !variant.matches("\\w+")) {
                throw new IllegalArgumentException(
                        "--variant: expected a name of letters and digits, such as fp16 or bf16, got '%s'"
                                .formatted(variant));
            }
            if (tuned != null && !adapters.isEmpty()) {
                throw new IllegalArgumentException(
                        "--tuned and --lora: expected one of them, got both; an adapter belongs to the base model");
            }
            if (merge && adapters.isEmpty()) {
                throw new IllegalArgumentException("--merge: expected a --lora to merge, got none");
            }
        }
    }

    /**
     * What to draw.
     *
     * @param prompts given one by one
     * @param file with more prompts, or null
     * @param negative prompt, or null for an empty one where there is a scale
     * @param trueCfg scale of true classifier-free guidance, 1 for none, or null for the model's own
     * @param length token positions of a prompt, or null for the model's own
     */
    public record Words(List<String> prompts, Path file, String negative, Double trueCfg, Integer length) {

        public Words {
            prompts = List.copyOf(prompts);
            if (prompts.stream().anyMatch(String::isBlank)) {
                throw new IllegalArgumentException("--prompt: expected a text, got a blank one");
            }
            if (trueCfg != null && !(trueCfg >= 1 && trueCfg < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        "--true-cfg: expected a scale above 1, or 1 for no guidance, got " + Numbers.plain(trueCfg));
            }
            if (negative != null && trueCfg != null && trueCfg == 1) {
                throw new IllegalArgumentException(
                        "--negative-prompt: expected --true-cfg above 1 beside it, got 1, with which it counts for nothing");
            }
            if (length != null && length < 1) {
                throw new IllegalArgumentException("--text-length: expected 1 or more, got " + length);
            }
        }

        /**
         * The same for a model: with a negative prompt, empty unless one is given, and its scale, or with neither. What follows from the
         * model is left open where it has no guidance of its own.
         *
         * @param ofModel scale where none is given; 1 for none
         * @throws IllegalArgumentException if there is a negative prompt and no scale
         */
        Words guided(double ofModel) {
            double scale = trueCfg == null ? ofModel : trueCfg;
            if (scale > 1) {
                return new Words(prompts, file, negative == null ? "" : negative, scale, length);
            } else if (negative != null) {
                throw new IllegalArgumentException(
                        "--negative-prompt: expected --true-cfg beside it, a scale above 1 by which it counts; it costs a second network call a step");
            }
            return this;
        }
    }

    /** Size of a picture in pixels. */
    public record Size(int width, int height) {

        /** Beyond it FLUX's shift, which grows with the picture, leaves nothing of the schedule but noise. */
        private static final int LARGEST = 8192;

        public Size {
            if (width > LARGEST || height > LARGEST) {
                throw new IllegalArgumentException(
                        "--size: expected sides up to %d pixels, got %dx%d".formatted(LARGEST, width, height));
            }
        }

        /** {@code 1024x768}: width x height. */
        public static Size parse(String text) {
            if (!text.matches("[0-9]{1,5}[xX][0-9]{1,5}")) {
                throw new IllegalArgumentException("--size: expected WIDTHxHEIGHT, such as 1024x768, got " + text);
            }
            String[] sides = text.toLowerCase(Locale.ROOT).split("x");
            return new Size(Integer.parseInt(sides[0]), Integer.parseInt(sides[1]));
        }

        @Override
        public String toString() {
            return width + "x" + height;
        }
    }

    /**
     * How many pictures and how they look.
     *
     * @param count pictures of each prompt
     * @param size or null for the model's own
     * @param guidance that a distilled model is told, or null for the run's or 3.5
     * @param seed of the first picture of each prompt
     * @param batch pictures that the network sees at once, or null for what suits their size
     * @param tiling whether they are decoded in tiles
     */
    public record Look(int count, Size size, Double guidance, long seed, Integer batch, VaeTiling tiling) {

        public Look {
            if (count < 1) {
                throw new IllegalArgumentException("--count: expected 1 or more, got " + count);
            }
            if (batch != null && batch < 1) {
                throw new IllegalArgumentException("--batch: expected 1 or more, got " + batch);
            }
            if (size != null && (size.width() < 1 || size.height() < 1)) {
                throw new IllegalArgumentException("--size: expected a width and height above 0, got " + size);
            }
            if (guidance != null && !(guidance >= 0 && guidance < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("--guidance: expected 0 or more, got " + Numbers.plain(guidance));
            }
        }
    }

    /**
     * Values of one setting, a picture for each.
     *
     * @param values shares of the steps that the tuned model does, in [0, 1]
     */
    public record Comparison(List<Double> values) {

        private static final String P_MIX = "p_mix=";

        public Comparison {
            values = List.copyOf(values);
            if (values.stream().distinct().count() < values.size()) {
                throw new IllegalArgumentException("--compare: expected different values, got " + values);
            }
        }

        /** {@code p_mix=0,0.6,1}. */
        public static Comparison parse(String text) {
            if (!text.startsWith(P_MIX)) {
                throw new IllegalArgumentException(
                        "--compare: expected p_mix=A,B,... (the share of the steps that the tuned model does), got "
                                + text);
            }
            List<Double> values = new ArrayList<>();
            for (String value : text.substring(P_MIX.length()).split(",", -1)) {
                try {
                    values.add(checkedShare("--compare", Double.valueOf(value.strip())));
                } catch (NumberFormatException e) {
                    throw new IllegalArgumentException(
                            "--compare: expected numbers with commas between them, got '%s' in %s"
                                    .formatted(value, text),
                            e);
                }
            }
            return new Comparison(values);
        }
    }

    static double checkedShare(String option, double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException(
                    "%s: expected a share of the steps in [0, 1], got %s".formatted(option, Numbers.plain(share)));
        }
        return share;
    }
}
