package mixgrpo.runtime.text;

import java.io.IOException;
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
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineLoader;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.lifetime.OpenResources;

/** One text encoder of a folder with its tokenizer, for one prompt at a time. */
final class FolderEncoder implements AutoCloseable {

    private final OpenResources open;
    private final Tokenizer tokenizer;
    private final int length;
    private final Function<int[][], Map<String, Array>> inputs;
    private final EngineRun run;
    private final CutPrompts cuts;

    /** Takes over {@code open}, in which engine and tokenizer lie. */
    private FolderEncoder(
            String name,
            OpenResources open,
            Engine engine,
            Tokenizer tokenizer,
            int length,
            Function<int[][], Map<String, Array>> inputs) {
        this.open = open;
        this.tokenizer = tokenizer;
        this.length = length;
        this.inputs = inputs;
        Map<String, long[]> shapes = new LinkedHashMap<>();
        inputs.apply(new int[1][length]).forEach((input, array) -> shapes.put(input, array.shape()));
        run = open.add(engine.bind(shapes));
        cuts = new CutPrompts(name, length);
    }

    /**
     * A CLIP text encoder, which reads as many tokens as its tokenizer says.
     *
     * @param part and {@code vocabulary}: names of the folder's parts
     * @throws IOException if they are missing or broken
     * @throws IllegalArgumentException if they are of a kind that is not supported, or do not fit each other
     */
    static FolderEncoder clip(ModelFolder folder, String part, String vocabulary, EngineLoader engines)
            throws IOException {
        OpenResources open = new OpenResources();
        try (Component component = folder.open(part, "")) {
            ClipConfig config = ClipConfig.of(component.config());
            ClipTokenizer tokenizer = open.add(ClipTokenizer.open(folder.part(vocabulary)));
            if (tokenizer.length() > config.maxPositionEmbeddings()) {
                throw new IllegalArgumentException(
                        "%s: model_max_length %d in tokenizer_config.json, expected at most max_position_embeddings %d of %s"
                                .formatted(
                                        folder.part(vocabulary),
                                        tokenizer.length(),
                                        config.maxPositionEmbeddings(),
                                        part));
            }
            String where = component.folder().toString();
            Engine engine = open.add(engines.load(
                    part, ClipTextEncoder.of(config), EncoderWeights.clip(config, component.weights(), where)));
            return new FolderEncoder(
                    "CLIP (%s)".formatted(part),
                    open,
                    engine,
                    tokenizer,
                    tokenizer.length(),
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
    static FolderEncoder t5(ModelFolder folder, String part, String vocabulary, int length, EngineLoader engines)
            throws IOException {
        OpenResources open = new OpenResources();
        try (Component component = folder.open(part, "")) {
            T5Config config = T5Config.of(component.config());
            T5Tokenizer tokenizer = open.add(T5Tokenizer.open(folder.part(vocabulary)));
            String where = component.folder().toString();
            Engine engine = open.add(
                    engines.load(part, T5Encoder.of(config), EncoderWeights.t5(config, component.weights(), where)));
            return new FolderEncoder(
                    "T5 (%s)".formatted(part), open, engine, tokenizer, length, ids -> T5Encoder.inputs(config, ids));
        } catch (IOException | RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    /** Tokens of every prompt. */
    int length() {
        return length;
    }

    /** Encodes a prompt; what is made of it is then there by {@link #get}. */
    void read(String prompt) {
        Tokens tokens = tokenizer.tokenize(prompt);
        cuts.note(tokens);
        inputs.apply(new int[][] {tokens.padded(length, tokenizer.pad())})
                .forEach((input, array) -> run.set(input, array.values()));
        run.run();
    }

    /** An output of the network for the last prompt, in a new array. */
    float[] get(String output) {
        return run.get(output);
    }

    /** Warns if prompts were cut since the last time. */
    void warnOfCuts(int prompts) {
        cuts.warn(prompts);
    }

    @Override
    public void close() {
        open.close();
    }
}
