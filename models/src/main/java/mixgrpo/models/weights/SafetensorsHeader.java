package mixgrpo.models.weights;

import static mixgrpo.models.weights.Problems.printable;
import static mixgrpo.models.weights.Problems.quoted;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file, parsed and checked: eight bytes of length (little-endian), JSON, then the data. The
 * rules are those of the reference reader (safetensors 0.8, tensor.rs): at most 100 MB of JSON that starts with a
 * brace, text in {@code __metadata__}, no key twice, data without holes, overlaps or a rest. Ours on top, to bound
 * memory: at most 100,000 arrays of at most 32 dimensions.
 *
 * @param entries the arrays by key, in the header's order
 * @param metadata the text fields
 * @param dataStart position in the file from which the entries count
 */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata, long dataStart) {

    static final String METADATA = "__metadata__";
    static final int MAX_BYTES = 100_000_000;

    private static final int MAX_ARRAYS = 100_000;
    private static final int MAX_DIMENSIONS = 32;
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build();

    /** One array: its elements lie in the bytes [begin, end) of the data. */
    record Entry(Dtype dtype, long[] shape, long begin, long end) {}

    static SafetensorsHeader read(FileChannel channel, Path file) throws IOException {
        long size = channel.size();
        if (size < Long.BYTES) {
            throw new IOException("%s: %d bytes are too short for a safetensors file; is the download complete?"
                    .formatted(file, size));
        }
        long length = FileBytes.read(channel, 0, Long.BYTES).getLong();
        if (length < 0 || length > MAX_BYTES) {
            throw new IOException(
                    "%s: its first 8 bytes claim a header of %s bytes, expected at most %d; is it a safetensors file?"
                            .formatted(file, Long.toUnsignedString(length), MAX_BYTES));
        }
        if (length > size - Long.BYTES) {
            throw new IOException(
                    "%s: expected a header of %d bytes, the file ends after %d of them; is the download complete?"
                            .formatted(file, length, size - Long.BYTES));
        }
        byte[] json = FileBytes.read(channel, Long.BYTES, (int) length).array();
        long dataStart = Long.BYTES + length;
        Reading reading = new Reading();
        try (JsonParser parser = JSON.createParser(json)) {
            if (length == 0 || json[0] != '{') {
                throw new IOException("%s: the header is not a JSON object; is it a safetensors file?".formatted(file));
            }
            reading.header(parser);
        } catch (JsonProcessingException e) {
            // Without canonical names Jackson decodes first, so that it counts characters and not bytes.
            long at = e.getLocation() == null ? -1 : e.getLocation().getCharOffset();
            throw new IOException(
                    "%s: the header is not valid JSON: %s%s"
                            .formatted(
                                    file,
                                    printable(e.getOriginalMessage()),
                                    at < 0 ? "" : " (character %d)".formatted(at)),
                    e);
        } catch (CharConversionException e) {
            throw JsonFile.notText(file + ": the header", e);
        }
        if (!reading.problems.any()) {
            checkLength(reading.entries, size - dataStart, file);
            checkLayout(reading.entries, size - dataStart, reading.problems);
        }
        if (reading.problems.any()) {
            throw new IOException(reading.problems.message(file + " is not a valid safetensors file"));
        }
        return new SafetensorsHeader(reading.entries, reading.metadata, dataStart);
    }

    /** A file that was cut off lacks many arrays, which is one thing to say. */
    private static void checkLength(Map<String, Entry> entries, long dataBytes, Path file) throws IOException {
        long needed = entries.values().stream().mapToLong(Entry::end).max().orElse(0);
        if (needed > dataBytes) {
            long cut = entries.values().stream()
                    .filter(entry -> entry.end() > dataBytes)
                    .count();
            throw new IOException(
                    "%s: expected %d bytes behind the header, the file holds %d, and %d of %d arrays lie outside of them; is the file cut off?"
                            .formatted(file, needed, dataBytes, cut, entries.size()));
        }
    }

    private static void checkLayout(Map<String, Entry> entries, long dataBytes, Problems problems) {
        List<Map.Entry<String, Entry>> byPosition = new ArrayList<>(entries.entrySet());
        byPosition.sort(Comparator.comparingLong(
                        (Map.Entry<String, Entry> e) -> e.getValue().begin())
                .thenComparingLong(e -> e.getValue().end()));
        long end = 0;
        for (Map.Entry<String, Entry> entry : byPosition) {
            Entry array = entry.getValue();
            if (array.begin() < end) {
                problems.add(
                        "%s: bytes [%d, %d) overlap another array that ends at %d",
                        quoted(entry.getKey()), array.begin(), array.end(), end);
            } else if (array.begin() > end) {
                problems.add(
                        "%s: bytes [%d, %d) leave a hole behind byte %d",
                        quoted(entry.getKey()), array.begin(), array.end(), end);
            }
            end = Math.max(end, array.end());
        }
        if (end < dataBytes && !problems.any()) {
            problems.add("the arrays take %d bytes, the file holds %d behind the header", end, dataBytes);
        }
    }

    /** Walks over the JSON once; what is well-formed but wrong is gathered. */
    private static final class Reading {
        final Map<String, Entry> entries = new LinkedHashMap<>();
        final Map<String, String> metadata = new LinkedHashMap<>();
        final Problems problems = new Problems();

        void header(JsonParser parser) throws IOException {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                parser.nextToken();
                if (key.equals(METADATA)) {
                    metadata(parser);
                } else if (entries.size() == MAX_ARRAYS) {
                    problems.add("more than %d arrays", MAX_ARRAYS);
                    return;
                } else {
                    entry(key, parser);
                }
            }
            if (parser.nextToken() != null) {
                problems.add("something follows the header's JSON object");
            }
        }

        private void metadata(JsonParser parser) throws IOException {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                problems.add("%s: expected an object", METADATA);
                parser.skipChildren();
                return;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (parser.nextToken() == JsonToken.VALUE_STRING) {
                    metadata.put(name, parser.getText());
                } else {
                    problems.add("%s: expected text in %s", METADATA, quoted(name));
                    parser.skipChildren();
                }
            }
        }

        private void entry(String key, JsonParser parser) throws IOException {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                problems.add("%s: expected an object with dtype, shape and data_offsets", quoted(key));
                parser.skipChildren();
                return;
            }
            String dtype = null;
            long[] shape = null;
            long[] offsets = null;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                parser.nextToken();
                switch (field) {
                    case "dtype" -> dtype = parser.getValueAsString();
                    case "shape" -> shape = wholeNumbers(parser, MAX_DIMENSIONS);
                    case "data_offsets" -> offsets = wholeNumbers(parser, 2);
                    default -> parser.skipChildren();
                }
                if (parser.currentToken().isStructStart()) {
                    parser.skipChildren();
                }
            }
            check(key, dtype, shape, offsets);
        }

        private void check(String key, String dtypeName, long[] shape, long[] offsets) {
            if (dtypeName == null
                    || shape == null
                    || offsets == null
                    || offsets.length != 2
                    || offsets[0] > offsets[1]) {
                problems.add(
                        "%s: expected a dtype, a shape (at most %d whole numbers) and data_offsets (begin, end)",
                        quoted(key), MAX_DIMENSIONS);
                return;
            }
            Dtype dtype = dtype(dtypeName);
            if (dtype == null) {
                problems.add(
                        "%s: dtype %s is not supported, only %s",
                        quoted(key), quoted(dtypeName), Arrays.toString(Dtype.values()));
                return;
            }
            long held = offsets[1] - offsets[0];
            long needed = dtype.bytes();
            try {
                for (long extent : shape) {
                    needed = Math.multiplyExact(needed, extent);
                }
            } catch (ArithmeticException e) {
                needed = -1;
            }
            if (needed != held) {
                problems.add(
                        "%s: shape %s of %s takes %s bytes, data_offsets give %d",
                        quoted(key), Arrays.toString(shape), dtype, needed < 0 ? "too many" : needed, held);
                return;
            }
            entries.put(key, new Entry(dtype, shape, offsets[0], offsets[1]));
        }

        private static Dtype dtype(String name) {
            return Arrays.stream(Dtype.values())
                    .filter(d -> d.name().equals(name))
                    .findFirst()
                    .orElse(null);
        }

        /**
         * A JSON array of at most {@code most} whole numbers from 0 up, or null if it is something else; passes it in
         * either case.
         */
        private static long[] wholeNumbers(JsonParser parser, int most) throws IOException {
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                return null;
            }
            long[] numbers = new long[most];
            int count = 0;
            boolean valid = true;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                valid = valid
                        && count < most
                        && parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                        && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                        && parser.getLongValue() >= 0;
                if (valid) {
                    numbers[count++] = parser.getLongValue();
                } else {
                    parser.skipChildren();
                }
            }
            return valid ? Arrays.copyOf(numbers, count) : null;
        }
    }
}
