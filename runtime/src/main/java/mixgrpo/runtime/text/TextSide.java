package mixgrpo.runtime.text;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntConsumer;
import mixgrpo.runtime.engine.EngineLoader;
import mixgrpo.runtime.lifetime.OpenResources;

/** How a pipeline conditions its transformer on text: which encoders it has, and what it makes of their states. No weights. */
interface TextSide {

    /** Token positions, width and pooled width of every embedding; see {@link PromptEncoder}. */
    record Sizes(int length, int width, int pooledWidth) {}

    /**
     * What came of one prompt.
     *
     * @param lost what readers left out of it because it was too long; nothing for those that read it whole
     */
    record Reading(TextEmbedding embedding, Map<CutPrompts.Reader, String> lost) {}

    Sizes sizes();

    /** The folder's parts that embeddings depend on. */
    FolderParts parts();

    /** Loads the encoders. */
    Encoder open(EngineLoader engines) throws IOException;

    /** An encoder made of several; every prompt of a call is read once. */
    final class Encoder implements PromptEncoder {
        private final Sizes sizes;
        private final OpenResources open;
        private final List<FolderEncoder> readers;
        private final Function<String, TextEmbedding> embedding;
        private final CutPrompts cuts = new CutPrompts();

        /**
         * @param open the readers, to be closed with this
         * @param embedding reads a prompt by them
         */
        Encoder(
                Sizes sizes,
                OpenResources open,
                List<FolderEncoder> readers,
                Function<String, TextEmbedding> embedding) {
            this.sizes = sizes;
            this.open = open;
            this.readers = readers;
            this.embedding = embedding;
        }

        @Override
        public int length() {
            return sizes.length();
        }

        @Override
        public int width() {
            return sizes.width();
        }

        @Override
        public int pooledWidth() {
            return sizes.pooledWidth();
        }

        @Override
        public List<TextEmbedding> encode(List<String> prompts, IntConsumer progress) {
            Map<String, TextEmbedding> known = new HashMap<>();
            List<TextEmbedding> embeddings = new ArrayList<>(prompts.size());
            for (String prompt : prompts) {
                if (!known.containsKey(prompt)) {
                    Reading reading = read(prompt);
                    known.put(prompt, reading.embedding());
                    reading.lost().forEach((reader, lost) -> cuts.note(reader, prompt, lost));
                }
                embeddings.add(known.get(prompt));
                progress.accept(embeddings.size());
            }
            cuts.warn(prompts.size());
            return embeddings;
        }

        Reading read(String prompt) {
            TextEmbedding read = embedding.apply(prompt);
            Map<CutPrompts.Reader, String> lost = new LinkedHashMap<>();
            for (FolderEncoder reader : readers) {
                if (!reader.lost().isEmpty()) {
                    lost.put(reader.reader(), reader.lost());
                }
            }
            return new Reading(read, lost);
        }

        @Override
        public void close() {
            open.close();
        }
    }
}
