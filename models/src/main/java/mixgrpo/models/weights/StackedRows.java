package mixgrpo.models.weights;

import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Arrays made of rows of other arrays: the same weights under other keys, fused or split. A view: nothing is read before
 * it is asked for, and nothing is kept.
 */
public final class StackedRows implements Weights {

    private final Weights source;
    private final Map<String, List<Rows>> parts;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    /**
     * Rows of an array, which are all that share their first index.
     *
     * @param key of the array
     * @param first row
     * @param count of rows
     */
    public record Rows(String key, long first, long count) {}

    /**
     * @param parts of every new array by its key, one below the other
     * @throws IllegalArgumentException if an array or a row is missing, or rows of one array differ in length
     */
    public StackedRows(Weights source, Map<String, List<Rows>> parts) {
        this.source = source;
        this.parts = new LinkedHashMap<>(parts);
        Problems problems = new Problems();
        parts.forEach((key, rows) -> {
            long[] shape = null;
            for (Rows part : rows) {
                long[] from = source.shapes().get(part.key());
                if (from == null || from.length == 0 || part.first() + part.count() > from[0]) {
                    problems.add(
                            "%s: rows %d to %d of %s are missing",
                            Problems.quoted(key),
                            part.first(),
                            part.first() + part.count(),
                            Problems.quoted(part.key()));
                    return;
                }
                long[] own = from.clone();
                own[0] = part.count() + (shape == null ? 0 : shape[0]);
                if (shape != null && rowLength(shape) != rowLength(own)) {
                    problems.add("%s: its parts have rows of different lengths", Problems.quoted(key));
                    return;
                }
                shape = own;
            }
            shapes.put(key, shape);
        });
        if (problems.any()) {
            throw new IllegalArgumentException(problems.message("arrays cannot be put together"));
        }
    }

    private static long rowLength(long[] shape) {
        long length = 1;
        for (int axis = 1; axis < shape.length; axis++) {
            length *= shape[axis];
        }
        return length;
    }

    @Override
    public Map<String, long[]> shapes() {
        return Collections.unmodifiableMap(shapes);
    }

    @Override
    public void read(String key, FloatBuffer target) {
        pieces(key, target::put);
    }

    @Override
    public void pieces(String key, Consumer<FloatBuffer> sink) {
        for (Rows part : rows(key)) {
            long length = rowLength(source.shapes().get(part.key()));
            source.pieces(part.key(), part.first() * length, part.count() * length, sink);
        }
    }

    /** Rows of one array lie in one piece, as it does; those of several do not. */
    @Override
    public Optional<StoredArray> stored(String key) {
        List<Rows> rows = rows(key);
        if (rows.size() > 1) {
            return Optional.empty();
        }
        Rows part = rows.get(0);
        long first = part.first() * rowLength(source.shapes().get(part.key()));
        return source.stored(part.key())
                .map(whole -> new StoredArray(
                        whole.file(), whole.position() + first * whole.dtype().bytes(), whole.dtype()));
    }

    private List<Rows> rows(String key) {
        List<Rows> rows = parts.get(key);
        if (rows == null) {
            throw new IllegalArgumentException("no array '%s'; there are %d others".formatted(key, parts.size()));
        }
        return rows;
    }
}
