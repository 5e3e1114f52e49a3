package mixgrpo.tools.tensorboard;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * An event file: TensorFlow's record framing (length, its masked CRC-32C, data, its masked CRC-32C, all little-endian) around
 * {@code tensorflow.Event} messages. Each call is on disk when it returns. TensorBoard reads all files of a folder in the order of
 * their names. A run that goes on begins a new file, whose start tells it to forget what earlier files say of the steps that now come
 * again.
 */
public final class EventFile implements AutoCloseable {

    private static final int RGB = 3;

    /** {@code tensorflow.SessionLog.START}: events of this and later steps in earlier files are void. */
    private static final int SESSION_START = 1;

    private final Path file;
    private final OutputStream out;

    /** The clock of the events, in seconds since 1970. */
    interface WallTime {
        double seconds();
    }

    private final WallTime wallTime;

    private EventFile(Path file, OutputStream out, WallTime wallTime, long firstStep) throws IOException {
        this.file = file;
        this.out = out;
        this.wallTime = wallTime;
        event(new Message().text(3, "brain.Event:2"));
        event(new Message().varint(2, firstStep).message(7, new Message().varint(1, SESSION_START)));
    }

    /**
     * Begins a file of its own in the folder, which is made if it does not exist.
     *
     * @param firstStep which the run begins or goes on at
     * @throws IOException if it cannot be written
     */
    public static EventFile create(Path folder, long firstStep) throws IOException {
        return create(folder, firstStep, () -> System.currentTimeMillis() / 1000.0);
    }

    static EventFile create(Path folder, long firstStep, WallTime wallTime) throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve("events.out.tfevents.%010d.mixgrpo.%d"
                .formatted((long) wallTime.seconds(), ProcessHandle.current().pid()));
        OutputStream out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        return new EventFile(file, new BufferedOutputStream(out), wallTime, firstStep);
    }

    /**
     * Adds values of one step by their names; those that are not finite are left out.
     *
     * @param values by names as they stand in {@code metrics.jsonl}; their dots become slashes, by which TensorBoard groups
     */
    public void scalars(long step, Map<String, Double> values) throws IOException {
        Message summary = new Message();
        values.forEach((name, value) -> {
            if (Double.isFinite(value)) {
                String tag = name.replace('.', '/');
                summary.message(1, new Message().text(1, tag).float32(2, value.floatValue()));
            }
        });
        event(new Message().varint(2, step).message(5, summary));
    }

    /** Adds a picture of one step, {@code png} being an RGB picture of that size. */
    public void image(long step, String tag, byte[] png, int width, int height) throws IOException {
        Message image =
                new Message().varint(1, height).varint(2, width).varint(3, RGB).bytes(4, png);
        Message value = new Message().text(1, tag).message(4, image);
        event(new Message().varint(2, step).message(5, new Message().message(1, value)));
    }

    private void event(Message event) throws IOException {
        byte[] data = new Message().float64(1, wallTime.seconds()).append(event).toBytes();
        ByteBuffer head = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putLong(data.length);
        head.putInt(maskedCrc(head.array(), 8));
        try {
            out.write(head.array());
            out.write(data);
            out.write(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(maskedCrc(data, data.length))
                    .array());
            out.flush();
        } catch (IOException e) {
            throw new IOException("cannot write %s: %s".formatted(file, e.getMessage()), e);
        }
    }

    /** CRC-32C, rotated and offset so that a checksum of data with checksums in it stays a good one. */
    static int maskedCrc(byte[] data, int length) {
        CRC32C crc = new CRC32C();
        crc.update(data, 0, length);
        int value = (int) crc.getValue();
        return Integer.rotateRight(value, 15) + 0xa282ead8;
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
