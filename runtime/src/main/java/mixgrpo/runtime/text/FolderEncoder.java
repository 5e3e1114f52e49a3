package mixgrpo.runtime.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import mixgrpo.models.Array;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.ClipTextEncoder;
import mixgrpo.models.text.EncoderWeights;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.text.T5Encoder;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.Problems;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineLoader;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.lifetime.OpenResources;

/** One text encoder of a folder with its tokenizer, for one prompt at a time. */
final class FolderEncoder implements AutoCloseable {

    private final Source source;
    private final OpenResources open;
    private final Tokenizer tokenizer;
    private final int length;
    private final Function<int[][], Map<String, Array>> inputs;
    private final EngineRun run;
    private final CutPrompts.Reader reader;
    private String prompt = "";
    private String lost = "";

    /** Where its weights lie. */
    private record Source(ModelFolder folder, String kind, String part) {

        String name() {
            return "%s (%s)".formatted(kind, part);
        }

        /** @throws IllegalArgumentException with the weights that are no numbers, or else because these values came of sound ones */
        void refuse(String output, WeightsCheck.NotFinite found, String prompt) {
            Path weights;
            try (Component component = folder.open(part)) {
                weights = component.weights().path();
                WeightsCheck.finite(component.weights(), "%s: %s".formatted(name(), weights));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            throw new IllegalArgumentException(
                    "%s: expected finite values in %s for the prompt %s, got %d NaN and %d infinite ones, though all weights in %s are numbers: they are so large that it overflows on this prompt. Leave the prompt out, or take the encoder from the original model again"
                            .formatted(
                                    name(), output, Problems.quoted(prompt), found.nan(), found.infinite(), weights));
        }
    }

    /** Takes over {@code open}, in which engine and tokenizer lie. */
    private FolderEncoder(
            Source source,
            OpenResources open,
            Engine engine,
            Tokenizer tokenizer,
            int length,
            Function<int[][], Map<String, Array>> inputs) {
        this.source = source;
        this.open = open;
        this.tokenizer = tokenizer;
        this.length = length;
        this.inputs = inputs;
        Map<String, long[]> shapes = new LinkedHashMap<>();
        inputs.apply(new int[1][length]).forEach((input, array) -> shapes.put(input, array.shape()));
        run = open.add(engine.bind(shapes));
        reader = new CutPrompts.Reader(source.name(), length);
    }

    /**
     * A CLIP text encoder, which reads as many tokens as its tokenizer says.
     *
     * @param part and {@code vocabulary}: names of the folder's parts, checked before
     * @throws IOException if they are missing or broken
     * @throws IllegalArgumentException if the weights do not fit the configuration
     */
    static FolderEncoder clip(FolderParts parts, String part, String vocabulary, EngineLoader engines)
            throws IOException {
        ClipConfig config = parts.clip(part, vocabulary);
        OpenResources open = new OpenResources();
        try (Component component = parts.folder().open(part)) {
            Weights weights = EncoderWeights.clip(
                    config, component.weights(), component.folder().toString());
            return new FolderEncoder(
                    new Source(parts.folder(), "CLIP", part),
                    open,
                    open.add(engines.load(part, ClipTextEncoder.of(config), weights)),
                    open.add(FolderTokenizers.open(parts.folder(), vocabulary)),
                    parts.clipLength(vocabulary),
                    ids -> ClipTextEncoder.inputs(config, ids));
        } catch (IOException | RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    /**
     * A T5 encoder; see {@link #clip}.
     *
     * @param length tokens that every prompt is padded or cut to
     */
    static FolderEncoder t5(FolderParts parts, String part, String vocabulary, int length, EngineLoader engines)
            throws IOException {
        T5Config config = parts.t5(part, vocabulary);
        OpenResources open = new OpenResources();
        try (Component component = parts.folder().open(part)) {
            Weights weights = EncoderWeights.t5(
                    config, component.weights(), component.folder().toString());
            return new FolderEncoder(
                    new Source(parts.folder(), "T5", part),
                    open,
                    open.add(engines.load(part, T5Encoder.of(config), weights)),
                    open.add(FolderTokenizers.open(parts.folder(), vocabulary)),
                    length,
                    ids -> T5Encoder.inputs(config, ids));
        } catch (IOException | RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    /** Encodes a prompt; what is made of it is then there by {@link #get}, and what was left out of it by {@link #lost}. */
    void read(String prompt) {
        Tokens tokens = tokenizer.tokenize(prompt);
        this.prompt = prompt;
        lost = tokens.lost(length);
        inputs.apply(new int[][] {tokens.padded(length, tokenizer.pad())})
                .forEach((input, array) -> run.set(input, array.values()));
        run.run();
    }

    /**
     * An output of the network for the last prompt, in a new array.
     *
     * @throws IllegalArgumentException if values of it are no numbers; says which of its weights are none, if there are such
     */
    float[] get(String output) {
        float[] values = run.get(output);
        WeightsCheck.NotFinite found = WeightsCheck.NotFinite.in(values);
        if (found.any()) {
            source.refuse(output, found, prompt);
        }
        return values;
    }

    /** Who it is that cuts prompts. */
    CutPrompts.Reader reader() {
        return reader;
    }

    /** What the last prompt lost because it was too long; empty if nothing. */
    String lost() {
        return lost;
    }

    @Override
    public void close() {
        open.close();
    }
}
