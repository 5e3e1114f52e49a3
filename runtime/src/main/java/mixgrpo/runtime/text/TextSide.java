package mixgrpo.runtime.text;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import mixgrpo.runtime.engine.EngineLoader;
import mixgrpo.runtime.lifetime.OpenResources;

/** How a pipeline conditions its transformer on text: which encoders it has, and what it makes of their states. No weights. */
interface TextSide {

    /** Token positions, width and pooled width of every embedding; see {@link PromptEncoder}. */
    record Sizes(int length, int width, int pooledWidth) {}

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
                embeddings.add(known.computeIfAbsent(prompt, embedding));
                progress.accept(embeddings.size());
            }
            warnOfCuts(prompts.size());
            return embeddings;
        }

        /** Hands over each embedding as soon as it is made, so that none need be kept; warns as {@link #encode} does. */
        void each(List<String> prompts, BiConsumer<String, TextEmbedding> sink) {
            prompts.forEach(prompt -> sink.accept(prompt, embedding.apply(prompt)));
            warnOfCuts(prompts.size());
        }

        private void warnOfCuts(int prompts) {
            readers.forEach(reader -> reader.warnOfCuts(prompts));
        }

        @Override
        public void close() {
            open.close();
        }
    }
}
