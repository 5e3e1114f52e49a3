package mixgrpo.runtime.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.models.weights.ReadProgress;
import mixgrpo.models.weights.Sha256;

/**
 * SHA-256 of files that are not read again: what came of a file is kept, one note a file, and holds as long as its path, its size and
 * the time of its last change are the same. Several processes may write notes: each appears whole.
 *
 * @param notes the folder where they lie; made when there is one to write
 */
record FileHashes(Path notes) {

    private static final int BUFFER = 1 << 20;

    /** A file that was changed less than so long ago may be changed again within the same tick of its time. */
    private static final long SETTLED_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final Pattern NOTE = Pattern.compile("(\\d{1,19}) (-?\\d{1,19}) ([0-9a-f]{64})\\s*");

    /** What a file was like: bytes, and nanoseconds of its last change since 1970. */
    private record State(long size, long changed) {

        static State of(Path file) throws IOException {
            return new State(Files.size(file), Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS));
        }
    }

    /**
     * The hashes of these files.
     *
     * @param progress told the bytes of those that must be read; not told if there are none
     * @throws IOException if a file cannot be read, or a note not written
     */
    Map<Path, String> of(Collection<Path> files, ReadProgress progress) throws IOException {
        Map<Path, Optional<String>> known = new LinkedHashMap<>();
        long all = 0;
        for (Path file : files) {
            known.put(file, noted(file));
            all += known.get(file).isPresent() ? 0 : Files.size(file);
        }
        Map<Path, String> hashes = new LinkedHashMap<>();
        long done = 0;
        for (Map.Entry<Path, Optional<String>> entry : known.entrySet()) {
            Path file = entry.getKey();
            if (entry.getValue().isPresent()) {
                hashes.put(file, entry.getValue().get());
                continue;
            }
            long before = done;
            long total = all;
            State state = State.of(file);
            String hash = read(file, bytes -> progress.update(Math.min(total, before + bytes), total));
            if (state.equals(State.of(file)) && isSettled(state)) {
                note(file, state, hash);
            }
            hashes.put(file, hash);
            done += state.size();
        }
        return hashes;
    }

    private static boolean isSettled(State state) {
        Instant now = Instant.now();
        long nanos = TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
        return nanos - state.changed() > SETTLED_NANOS;
    }

    private interface Bytes {
        void read(long bytes);
    }

    private static String read(Path file, Bytes progress) throws IOException {
        MessageDigest digest = Sha256.start();
        byte[] buffer = new byte[BUFFER];
        long done = 0;
        try (InputStream bytes = Files.newInputStream(file)) {
            for (int read = bytes.read(buffer); read >= 0; read = bytes.read(buffer)) {
                digest.update(buffer, 0, read);
                done += read;
                progress.read(done);
            }
        }
        return Sha256.hex(digest);
    }

    /** A note of another state, or one that is broken, counts as none: the file is read again. */
    private Optional<String> noted(Path file) throws IOException {
        Path note = note(file);
        if (!Files.isRegularFile(note)) {
            return Optional.empty();
        }
        Matcher text = NOTE.matcher(new String(Files.readAllBytes(note), StandardCharsets.ISO_8859_1));
        State now = State.of(file);
        return text.matches()
                        && text.group(1).equals(Long.toString(now.size()))
                        && text.group(2).equals(Long.toString(now.changed()))
                ? Optional.of(text.group(3))
                : Optional.empty();
    }

    private void note(Path file, State state, String hash) throws IOException {
        Files.createDirectories(notes);
        AtomicFile.write(
                note(file),
                "%d %d %s%n".formatted(state.size(), state.changed(), hash).getBytes(StandardCharsets.ISO_8859_1));
    }

    /** By the file itself, whatever links lead to it. */
    private Path note(Path file) throws IOException {
        MessageDigest digest = Sha256.start();
        digest.update(file.toRealPath().toString().getBytes(StandardCharsets.UTF_8));
        return notes.resolve(Sha256.hex(digest));
    }
}
