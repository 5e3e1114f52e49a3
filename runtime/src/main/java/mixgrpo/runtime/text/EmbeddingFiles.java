package mixgrpo.runtime.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import mixgrpo.models.Array;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.ReadProgress;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.SafetensorsWriter;
import mixgrpo.models.weights.Sha256;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.models.weights.WeightsFile;

/**
 * Embeddings on disk, one safetensors file a prompt, in a folder called by the encoders: the SHA-256 of their files' names and bytes
 * (weights, configurations, tokenizers), of the variant and of the embedding's sizes. Other encoders therefore have another folder. Several processes may
 * write: a file appears whole.
 */
final class EmbeddingFiles {

    private static final String HASHES = "hashes";
    private static final String STATES = "states";
    private static final String POOLED = "pooled";
    private static final String PROMPT = "prompt";
    private static final Pattern LOST = Pattern.compile("lost beyond (\\d{1,9}) tokens of (.*)");
    /** Changes when the same encoders' embeddings would be made differently; since 3 all their values are numbers. */
    private static final String VERSION = "3";

    private final Path folder;
    private final TextSide.Sizes sizes;

    private EmbeddingFiles(Path folder, TextSide.Sizes sizes) {
        this.folder = folder;
        this.sizes = sizes;
    }

    /**
     * Those of a model folder's encoders. All bytes of their files are read for it, unless {@link FileHashes} knows them.
     *
     * @param cache where the folders of all encoders lie
     * @param progress told the bytes that are read
     */
    static EmbeddingFiles of(TextSide side, Path cache, ReadProgress progress) throws IOException {
        Map<Path, String> files = new LinkedHashMap<>();
        for (String part : side.parts().names()) {
            try (Stream<Path> all = Files.list(side.parts().folder().part(part))) {
                all.filter(Files::isRegularFile)
                        .sorted()
                        .forEach(file -> files.put(file, "%s/%s".formatted(part, file.getFileName())));
            }
        }
        Map<Path, String> hashes = new FileHashes(cache.resolve(HASHES)).of(files.keySet(), progress);
        MessageDigest digest = Sha256.start();
        update(digest, VERSION + side.sizes() + side.parts().folder().variant());
        files.forEach((file, name) -> update(digest, name + " " + hashes.get(file)));
        Path folder = cache.resolve(Sha256.hex(digest).substring(0, 32));
        Files.createDirectories(folder);
        return new EmbeddingFiles(folder, side.sizes());
    }

    private static void update(MessageDigest digest, String text) {
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
    }

    TextSide.Sizes sizes() {
        return sizes;
    }

    private Path file(String prompt) {
        MessageDigest digest = Sha256.start();
        digest.update(prompt.getBytes(StandardCharsets.UTF_8));
        return folder.resolve(Sha256.hex(digest) + ".safetensors");
    }

    boolean has(String prompt) {
        return Files.exists(file(prompt));
    }

    /** @throws IOException if there is none, or it is not what {@link #write} wrote */
    TextEmbedding read(String prompt) throws IOException {
        Path path = file(prompt);
        try (WeightsFile file = SafetensorsFile.open(path)) {
            long[] shape = file.shapes().get(STATES);
            long[] pooled = file.shapes().get(POOLED);
            if (shape == null
                    || pooled == null
                    || shape.length != 2
                    || shape[0] < 1
                    || shape[0] > sizes.length()
                    || shape[1] != sizes.width()
                    || pooled.length != 1
                    || pooled[0] != sizes.pooledWidth()
                    || !prompt.equals(file.metadata().get(PROMPT))) {
                throw new IOException(
                        "%s: expected the embedding of '%s' with %s; delete the file, and it is made again"
                                .formatted(path, prompt, sizes));
            }
            float[] states = file.floats(STATES);
            float[] pooledStates = file.floats(POOLED);
            if (WeightsCheck.NotFinite.in(states).any()
                    || WeightsCheck.NotFinite.in(pooledStates).any()) {
                throw new IOException(
                        "%s: the embedding of '%s' holds values that are no numbers; delete the file, and it is made again"
                                .formatted(path, prompt));
            }
            return new TextEmbedding(sizes.length(), Math.toIntExact(shape[0]), states, pooledStates);
        }
    }

    /** What its encoders have cut off a prompt that there is an embedding of; reads no values. */
    Map<CutPrompts.Reader, String> lost(String prompt) throws IOException {
        try (WeightsFile file = SafetensorsFile.open(file(prompt))) {
            return lost(file.metadata());
        }
    }

    private static Map<CutPrompts.Reader, String> lost(Map<String, String> metadata) {
        Map<CutPrompts.Reader, String> lost = new LinkedHashMap<>();
        metadata.forEach((field, text) -> {
            Matcher cut = LOST.matcher(field);
            if (cut.matches()) {
                lost.put(new CutPrompts.Reader(cut.group(2), Integer.parseInt(cut.group(1))), text);
            }
        });
        return lost;
    }

    void write(String prompt, TextSide.Reading reading) throws IOException {
        TextEmbedding embedding = reading.embedding();
        Map<String, Array> arrays = new LinkedHashMap<>();
        arrays.put(STATES, Array.of(embedding.tokenStates(), embedding.tokens(), embedding.width()));
        arrays.put(POOLED, Array.of(embedding.pooled(), embedding.pooled().length));
        Map<String, String> metadata = new LinkedHashMap<>(Map.of(PROMPT, prompt));
        reading.lost()
                .forEach((reader, text) ->
                        metadata.put("lost beyond %d tokens of %s".formatted(reader.length(), reader.name()), text));
        SafetensorsWriter.write(file(prompt), new ArrayWeights(arrays), Dtype.F32, metadata);
    }
}
