package mixgrpo.models.weights;

import static mixgrpo.models.weights.Problems.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Arrays spread over several files, named by an index {@code {"weight_map": {key: file}}} beside them. The index and
 * its shards must agree: every key lies in the shard it is said to, and no shard holds others.
 */
public final class ShardedFile implements WeightsFile {

    private final Path index;
    private final Map<String, WeightsFile> shards;
    private final Map<String, WeightsFile> shardOf = new LinkedHashMap<>();
    private final Map<String, long[]> shapes = new LinkedHashMap<>();
    private final Map<String, Dtype> dtypes = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    private ShardedFile(Path index, Map<String, WeightsFile> shards) {
        this.index = index;
        this.shards = shards;
    }

    /**
     * Opens an index and all its shards.
     *
     * @throws IOException if one cannot be read, they do not agree, or the index names a file outside its folder
     */
    public static ShardedFile open(Path index) throws IOException {
        JsonNode map = JsonFile.read(index).path("weight_map");
        if (!map.isObject() || map.isEmpty()) {
            throw new IOException("%s: expected an object 'weight_map' of keys and files".formatted(index));
        }
        Problems problems = new Problems();
        Map<String, String> fileOf = new LinkedHashMap<>();
        map.properties().forEach(entry -> {
            if (isPlainName(entry.getValue())) {
                fileOf.put(entry.getKey(), entry.getValue().textValue());
            } else {
                problems.add(
                        "%s: expected a weights file beside the index, got %s",
                        quoted(entry.getKey()), quoted(entry.getValue().asText()));
            }
        });
        ShardedFile opened = new ShardedFile(index, new TreeMap<>());
        try {
            for (String name : new TreeSet<>(fileOf.values())) {
                try {
                    opened.shards.put(name, WeightsFile.open(index.resolveSibling(name)));
                } catch (IOException e) {
                    problems.add("%s", e.getMessage());
                }
            }
            opened.join(fileOf, problems);
            if (problems.any()) {
                throw new IOException(problems.message(index + " and its shards cannot be used"));
            }
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
        return opened;
    }

    private static boolean isPlainName(JsonNode file) {
        String name = file.isTextual() ? file.textValue() : "";
        return name.matches("[^/\\\\:\\p{Cntrl}]+\\.(safetensors|bin)") && !name.startsWith(".");
    }

    private void join(Map<String, String> fileOf, Problems problems) {
        fileOf.forEach((key, name) -> {
            WeightsFile shard = shards.get(name);
            if (shard == null) {
                return; // reported when it was opened
            }
            if (shard.shapes().containsKey(key)) {
                shardOf.put(key, shard);
                shapes.put(key, shard.shapes().get(key));
                dtypes.put(key, shard.dtypes().get(key));
            } else {
                problems.add("%s: said to be in %s, which does not hold it", quoted(key), name);
            }
        });
        shards.forEach((name, shard) -> {
            metadata.putAll(shard.metadata());
            for (String key : shard.shapes().keySet()) {
                if (!name.equals(fileOf.get(key))) {
                    problems.add("%s: in %s, where the index does not place it", quoted(key), name);
                }
            }
        });
    }

    @Override
    public Path path() {
        return index;
    }

    @Override
    public Map<String, long[]> shapes() {
        return Collections.unmodifiableMap(shapes);
    }

    @Override
    public Map<String, Dtype> dtypes() {
        return Collections.unmodifiableMap(dtypes);
    }

    @Override
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    @Override
    public void read(String key, FloatBuffer target) {
        shardOf(key).read(key, target);
    }

    @Override
    public void pieces(String key, Consumer<FloatBuffer> sink) {
        shardOf(key).pieces(key, sink);
    }

    @Override
    public void pieces(String key, long first, long count, Consumer<FloatBuffer> sink) {
        shardOf(key).pieces(key, first, count, sink);
    }

    @Override
    public Optional<StoredArray> stored(String key) {
        return shardOf(key).stored(key);
    }

    @Override
    public long[] longs(String key) {
        return shardOf(key).longs(key);
    }

    @Override
    public byte[] bytes(String key) {
        return shardOf(key).bytes(key);
    }

    @Override
    public void close() {
        shards.values().forEach(WeightsFile::close);
    }

    private WeightsFile shardOf(String key) {
        WeightsFile shard = shardOf.get(key);
        if (shard == null) {
            throw new IllegalArgumentException(
                    "no array '%s' in %s; there are %d others".formatted(key, index, shapes.size()));
        }
        return shard;
    }
}
