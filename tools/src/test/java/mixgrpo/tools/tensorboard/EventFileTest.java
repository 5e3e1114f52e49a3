package mixgrpo.tools.tensorboard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {

    @TempDir
    private Path folder;

    @Test
    void eventsComeBackWithGoodChecksums() throws IOException {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("reward.scene.mean", 0.625);
        values.put("loss.clipFraction", Double.NaN);
        values.put("window.start", 3.0);
        byte[] png = new byte[300];
        try (EventFile file = EventFile.create(folder.resolve("tb"), 0, () -> 1.75e9)) {
            file.scalars(300, values);
            file.image(7, "samples", png, 64, 32);
        }
        List<Map<Integer, List<Object>>> events = new ArrayList<>();
        for (byte[] record : records()) {
            events.add(fields(record));
        }
        assertEquals(4, events.size());
        assertEquals("brain.Event:2", text(events.get(0).get(3).get(0)));
        assertEquals(0L, events.get(1).get(2).get(0));
        assertEquals(
                Map.of(1, List.of(1L)),
                fields((byte[]) events.get(1).get(7).get(0)),
                "a session log whose status is START");
        assertEquals(1.75e9, Double.longBitsToDouble((long) events.get(2).get(1).get(0)));
        assertEquals(300L, events.get(2).get(2).get(0));
        List<Object> scalars = fields((byte[]) events.get(2).get(5).get(0)).get(1);
        assertEquals(2, scalars.size());
        Map<Integer, List<Object>> reward = fields((byte[]) scalars.get(0));
        assertEquals("reward/scene/mean", text(reward.get(1).get(0)));
        assertEquals(0.625f, Float.intBitsToFloat((int) reward.get(2).get(0)));
        Map<Integer, List<Object>> value = fields(
                (byte[]) fields((byte[]) events.get(3).get(5).get(0)).get(1).get(0));
        Map<Integer, List<Object>> image = fields((byte[]) value.get(4).get(0));
        assertEquals(
                List.of(32L, 64L, 3L),
                List.of(image.get(1).get(0), image.get(2).get(0), image.get(3).get(0)));
        assertArrayEquals(png, (byte[]) image.get(4).get(0));
    }

    /** RFC 3720's test vector for CRC-32C of 32 zeros, masked by hand. */
    @Test
    void theChecksumIsTheMaskedCastagnoli() {
        int crc = 0x8a9136aa;
        assertEquals(((crc >>> 15) | (crc << 17)) + 0xa282ead8, EventFile.maskedCrc(new byte[32], 32));
    }

    @Test
    void twoFilesOfAProcessDoNotOverwriteEachOther() throws IOException {
        for (int i = 0; i < 2; i++) {
            try (EventFile file = EventFile.create(folder.resolve("tb"), 0, () -> 1.75e9)) {
                file.scalars(i, Map.of("a", 1.0));
            }
        }
        assertEquals(6, records().size());
    }

    /** As TensorBoard reads: a session's start at a step voids what came before of this step and later ones. */
    @Test
    void stepsThatComeAgainAreSeenOnce() throws IOException {
        double[][] sittings = {{0, 5}, {3, 7}, {3, 4}}; // first step, and the one that it was killed before
        for (int sitting = 0; sitting < sittings.length; sitting++) {
            double second = 1.75e9 + sitting;
            try (EventFile file = EventFile.create(folder.resolve("tb"), (long) sittings[sitting][0], () -> second)) {
                for (int step = (int) sittings[sitting][0]; step < sittings[sitting][1]; step++) {
                    file.scalars(step, Map.of("a", (double) sitting));
                }
            }
        }
        TreeMap<Long, Float> seen = new TreeMap<>();
        for (byte[] record : records()) {
            Map<Integer, List<Object>> event = fields(record);
            if (event.containsKey(7)) {
                seen.tailMap((long) event.get(2).get(0), true).clear();
            } else if (event.containsKey(5)) {
                Map<Integer, List<Object>> value = fields(
                        (byte[]) fields((byte[]) event.get(5).get(0)).get(1).get(0));
                assertNull(seen.put((long) event.get(2).get(0), Float.intBitsToFloat((int)
                        value.get(2).get(0))));
            }
        }
        assertEquals(new TreeMap<>(Map.of(0L, 0f, 1L, 0f, 2L, 0f, 3L, 2f)), seen);
    }

    private List<byte[]> records() throws IOException {
        List<byte[]> records = new ArrayList<>();
        try (var files = Files.list(folder.resolve("tb"))) {
            for (Path file : files.sorted().toList()) {
                assertTrue(file.getFileName().toString().startsWith("events.out.tfevents."), file.toString());
                ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
                while (in.hasRemaining()) {
                    byte[] length = new byte[8];
                    in.get(in.position(), length);
                    byte[] data = new byte[(int) in.getLong()];
                    assertEquals(EventFile.maskedCrc(length, 8), in.getInt());
                    in.get(data);
                    assertEquals(EventFile.maskedCrc(data, data.length), in.getInt());
                    records.add(data);
                }
            }
        }
        return records;
    }

    /** A reader of the wire format that shares nothing with the writer. */
    private static Map<Integer, List<Object>> fields(byte[] message) {
        Map<Integer, List<Object>> fields = new LinkedHashMap<>();
        ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            long tag = varint(in);
            Object value =
                    switch ((int) tag & 7) {
                        case 0 -> varint(in);
                        case 1 -> in.getLong();
                        case 5 -> in.getInt();
                        case 2 -> {
                            byte[] bytes = new byte[(int) varint(in)];
                            in.get(bytes);
                            yield bytes;
                        }
                        default -> throw new IllegalStateException("wire type of tag " + tag);
                    };
            fields.computeIfAbsent((int) (tag >>> 3), field -> new ArrayList<>())
                    .add(value);
        }
        return fields;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    private static String text(Object bytes) {
        return new String((byte[]) bytes, StandardCharsets.UTF_8);
    }
}
