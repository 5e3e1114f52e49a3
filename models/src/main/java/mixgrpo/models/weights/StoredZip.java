package mixgrpo.models.weights;

import static mixgrpo.models.weights.Problems.quoted;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the entries of a zip archive lie in its file, for archives that compress nothing, as torch writes them; so they
 * can be mapped. Anything that could grow when read is refused: compressed or encrypted entries, entries that share
 * bytes, names that come twice. Layout after PKWARE's APPNOTE 6.3.10, with zip64.
 */
record StoredZip(Map<String, Entry> entries) {

    private static final int MAX_DIRECTORY_BYTES = 16 << 20;
    private static final int END = 0x06054b50;
    private static final int END_BYTES = 22;
    private static final int LOCATOR = 0x07064b50;
    private static final int LOCATOR_BYTES = 20;
    private static final int END64 = 0x06064b50;
    private static final int END64_BYTES = 56;
    private static final int CENTRAL = 0x02014b50;
    private static final int CENTRAL_BYTES = 46;
    private static final int LOCAL = 0x04034b50;
    private static final int LOCAL_BYTES = 30;
    private static final int ENCRYPTED = 1;
    private static final int ZIP64_FIELD = 1;
    private static final long IN_ZIP64 = 0xffffffffL;

    /** The bytes [position, position + size) of the file. */
    record Entry(long position, long size) {}

    static StoredZip read(FileChannel channel, Path file) throws IOException {
        ByteBuffer directory = directory(channel, file);
        Map<String, Entry> entries = new LinkedHashMap<>();
        List<long[]> taken = new ArrayList<>();
        Problems problems = new Problems();
        while (directory.hasRemaining()) {
            Central central = Central.next(directory);
            if (central == null) {
                throw damaged(file);
            }
            Entry entry = locate(channel, central, problems);
            if (entry != null && entries.put(central.name(), entry) != null) {
                problems.add("%s comes twice", quoted(central.name()));
            } else if (entry != null) {
                taken.add(new long[] {central.header(), entry.position() + entry.size()});
            }
        }
        taken.sort(Comparator.comparingLong(range -> range[0]));
        for (int i = 1; i < taken.size(); i++) {
            if (taken.get(i)[0] < taken.get(i - 1)[1]) {
                problems.add("two entries share the bytes from %d on", taken.get(i)[0]);
            }
        }
        if (problems.any()) {
            throw new IOException(problems.message(file + " is not an archive as torch writes it"));
        }
        return new StoredZip(entries);
    }

    /** The central directory, whose place the end of the file tells. */
    private static ByteBuffer directory(FileChannel channel, Path file) throws IOException {
        long size = channel.size();
        int tailBytes = (int) Math.min(size, END_BYTES + 0xffff + LOCATOR_BYTES);
        ByteBuffer tail = FileBytes.read(channel, size - tailBytes, tailBytes);
        int end = tailBytes - END_BYTES;
        while (end >= 0 && !(tail.getInt(end) == END && end + END_BYTES + unsigned(tail, end + 20) == tailBytes)) {
            end--;
        }
        if (end < 0) {
            throw new IOException(("%s: not a zip archive, which torch.save writes since version 1.6; "
                            + "is the download complete? Or is it older: then load and save it in torch")
                    .formatted(file));
        }
        long bytes = tail.getInt(end + 12) & IN_ZIP64;
        long position = tail.getInt(end + 16) & IN_ZIP64;
        if (end >= LOCATOR_BYTES && tail.getInt(end - LOCATOR_BYTES) == LOCATOR) {
            long end64 = tail.getLong(end - LOCATOR_BYTES + 8);
            if (end64 < 0 || end64 > size - END64_BYTES) {
                throw damaged(file);
            }
            ByteBuffer zip64 = FileBytes.read(channel, end64, END64_BYTES);
            if (zip64.getInt(0) != END64) {
                throw damaged(file);
            }
            bytes = zip64.getLong(40);
            position = zip64.getLong(48);
        }
        if (bytes < 0 || bytes > MAX_DIRECTORY_BYTES || position < 0 || position > size - bytes) {
            throw damaged(file);
        }
        return FileBytes.read(channel, position, (int) bytes);
    }

    private static IOException damaged(Path file) {
        return new IOException(
                "%s: the zip directory is damaged, or larger than %d bytes".formatted(file, MAX_DIRECTORY_BYTES));
    }

    /** The data of an entry lie behind its local header, whose length only itself tells. */
    private static Entry locate(FileChannel channel, Central central, Problems problems) throws IOException {
        if (!central.stored()) {
            problems.add("%s is compressed or encrypted; torch stores entries as they are", quoted(central.name()));
            return null;
        }
        if (central.header() >= 0 && central.header() <= channel.size() - LOCAL_BYTES) {
            ByteBuffer local = FileBytes.read(channel, central.header(), LOCAL_BYTES);
            long position = central.header() + LOCAL_BYTES + unsigned(local, 26) + unsigned(local, 28);
            if (local.getInt(0) == LOCAL && central.size() >= 0 && central.size() <= channel.size() - position) {
                return new Entry(position, central.size());
            }
        }
        problems.add("%s does not lie inside the file; is the download complete?", quoted(central.name()));
        return null;
    }

    private static int unsigned(ByteBuffer bytes, int at) {
        return bytes.getShort(at) & 0xffff;
    }

    /**
     * An entry of the central directory.
     *
     * @param header position of the local header
     */
    private record Central(String name, boolean stored, long size, long header) {

        /** The entry at the buffer's position, which it moves behind it; null if there is none. */
        static Central next(ByteBuffer directory) {
            int start = directory.position();
            if (directory.remaining() < CENTRAL_BYTES || directory.getInt(start) != CENTRAL) {
                return null;
            }
            int extraStart = start + CENTRAL_BYTES + unsigned(directory, start + 28);
            int extraEnd = extraStart + unsigned(directory, start + 30);
            int end = extraEnd + unsigned(directory, start + 32);
            if (end > directory.limit()) {
                return null;
            }
            byte[] name = new byte[extraStart - start - CENTRAL_BYTES];
            directory.get(start + CENTRAL_BYTES, name);
            long[] sizes = {
                directory.getInt(start + 24) & IN_ZIP64, // uncompressed
                directory.getInt(start + 20) & IN_ZIP64, // compressed
                directory.getInt(start + 42) & IN_ZIP64 // position of the local header
            };
            fillFromZip64(
                    sizes, directory.slice(extraStart, extraEnd - extraStart).order(ByteOrder.LITTLE_ENDIAN));
            boolean stored = directory.getShort(start + 10) == 0
                    && (directory.getShort(start + 8) & ENCRYPTED) == 0
                    && sizes[0] == sizes[1];
            directory.position(end);
            return new Central(new String(name, StandardCharsets.UTF_8), stored, sizes[0], sizes[2]);
        }

        /**
         * Replaces what does not fit 32 bits by the values of the zip64 field, which holds just those, in this order.
         */
        private static void fillFromZip64(long[] sizes, ByteBuffer extra) {
            while (extra.remaining() >= 4) {
                int field = extra.getShort();
                int end = extra.position() + Short.BYTES + unsigned(extra, extra.position());
                extra.position(extra.position() + Short.BYTES);
                if (end > extra.limit()) {
                    return;
                }
                for (int i = 0; field == ZIP64_FIELD && i < sizes.length; i++) {
                    if (sizes[i] == IN_ZIP64 && end - extra.position() >= Long.BYTES) {
                        sizes[i] = extra.getLong();
                    }
                }
                extra.position(end);
            }
        }
    }
}
