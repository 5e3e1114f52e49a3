package mixgrpo.models.weights;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A file of named arrays at known places, mapped into memory, whatever its format. Elements are converted while they are copied out, so memory is what
 * the caller asks for.
 */
final class MappedArrays implements WeightsFile {

    private static final int PIECE = 1 << 16;

    private final Path path;
    private final Map<String, String> metadata;
    private final Map<String, Place> places;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();
    private final Map<String, Dtype> dtypes = new LinkedHashMap<>();
    private volatile MappedFile mapped;

    MappedArrays(Path path, Map<String, String> metadata, MappedFile mapped, Map<String, Place> places) {
        this.path = path;
        this.metadata = metadata;
        this.mapped = mapped;
        this.places = places;
        places.forEach((key, place) -> {
            shapes.put(key, place.shape());
            dtypes.put(key, place.dtype());
        });
    }

    /**
     * Where an array lies.
     *
     * @param position of its first element in the file, in bytes
     * @param strides elements between neighbours along each axis
     */
    record Place(Dtype dtype, long[] shape, long position, long[] strides) {

        static Place rowMajor(Dtype dtype, long[] shape, long position) {
            long[] strides = new long[shape.length];
            long stride = 1;
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                strides[axis] = stride;
                stride *= shape[axis];
            }
            return new Place(dtype, shape, position, strides);
        }

        long elements() {
            return elements(0);
        }

        private long elements(int firstAxis) {
            long elements = 1;
            for (int axis = firstAxis; axis < shape.length; axis++) {
                elements *= shape[axis];
            }
            return elements;
        }

        /** From this axis on the elements lie one behind the other. */
        private int contiguousFrom() {
            int axis = shape.length;
            for (long run = 1; axis > 0 && (strides[axis - 1] == run || shape[axis - 1] == 1); axis--) {
                run *= shape[axis - 1];
            }
            return axis;
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
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
    public void read(String key, FloatBuffer target) {
        Place place = place(key);
        FloatConversion conversion = new FloatConversion(place.dtype());
        walk(place, Integer.MAX_VALUE, bytes -> conversion.toFloats(bytes, target));
    }

    @Override
    public void pieces(String key, Consumer<FloatBuffer> sink) {
        Place place = place(key);
        FloatConversion conversion = new FloatConversion(place.dtype());
        FloatBuffer piece = FloatBuffer.allocate((int) Math.min(PIECE, place.elements()));
        walk(place, PIECE, bytes -> {
            conversion.toFloats(bytes, piece.clear());
            sink.accept(piece.flip());
        });
    }

    @Override
    public void pieces(String key, long first, long count, Consumer<FloatBuffer> sink) {
        Place place = place(key);
        if (place.contiguousFrom() > 0 || first < 0 || count > place.elements() - first) {
            WeightsFile.super.pieces(key, first, count, sink);
            return;
        }
        FloatConversion conversion = new FloatConversion(place.dtype());
        FloatBuffer piece = FloatBuffer.allocate((int) Math.min(PIECE, count));
        walkRun(open(), place.position() + first * place.dtype().bytes(), count, place.dtype(), PIECE, bytes -> {
            conversion.toFloats(bytes, piece.clear());
            sink.accept(piece.flip());
        });
    }

    @Override
    public long[] longs(String key) {
        Place place = place(key);
        if (place.dtype().isFloat()) {
            throw new IllegalArgumentException(
                    "array '%s' in %s: expected whole numbers, got %s".formatted(key, path, place.dtype()));
        }
        LongBuffer values = LongBuffer.allocate(arrayLength(key, place.elements()));
        walk(place, Integer.MAX_VALUE, bytes -> place.dtype().toLongs(bytes, values));
        return values.array();
    }

    @Override
    public byte[] bytes(String key) {
        Place place = place(key);
        ByteBuffer values = ByteBuffer.allocate(
                arrayLength(key, place.elements() * place.dtype().bytes()));
        walk(place, Integer.MAX_VALUE, values::put);
        return values.array();
    }

    @Override
    public Optional<StoredArray> stored(String key) {
        Place place = place(key);
        return place.contiguousFrom() == 0
                ? Optional.of(new StoredArray(path, place.position(), place.dtype()))
                : Optional.empty();
    }

    @Override
    public void close() {
        mapped = null;
    }

    private Place place(String key) {
        Place place = places.get(key);
        if (place == null) {
            throw new IllegalArgumentException(
                    "no array '%s' in %s; there are %d others".formatted(key, path, places.size()));
        }
        return place;
    }

    private int arrayLength(String key, long length) {
        if (length > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(
                    "array '%s' in %s: %d values do not fit one Java array".formatted(key, path, length));
        }
        return (int) length;
    }

    private MappedFile open() {
        MappedFile file = mapped;
        if (file == null) {
            throw new IllegalStateException(path + " is closed");
        }
        return file;
    }

    /** Hands over the bytes of an array in row-major order, each time those of at most {@code most} elements. */
    private void walk(Place place, int most, Consumer<ByteBuffer> reader) {
        MappedFile file = open();
        int outerAxes = place.contiguousFrom();
        long run = place.elements(outerAxes);
        long runs = run == 0 ? 0 : place.elements() / run;
        long[] index = new long[outerAxes];
        for (long i = 0; i < runs; i++) {
            long offset = 0;
            for (int axis = 0; axis < outerAxes; axis++) {
                offset += index[axis] * place.strides()[axis];
            }
            walkRun(file, place.position() + offset * place.dtype().bytes(), run, place.dtype(), most, reader);
            for (int axis = outerAxes - 1; axis >= 0 && ++index[axis] == place.shape()[axis]; axis--) {
                index[axis] = 0;
            }
        }
    }

    private static void walkRun(
            MappedFile file, long position, long elements, Dtype dtype, int most, Consumer<ByteBuffer> reader) {
        int size = dtype.bytes();
        for (long done = 0; done < elements; ) {
            ByteBuffer bytes = file.from(position + done * size);
            int count = (int) Math.min(Math.min(bytes.remaining() / size, most), elements - done);
            reader.accept(bytes.limit(count * size));
            done += count;
        }
    }
}
