package mixgrpo.tools.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A folder in files of a limited size, {@code mixgrpo.tar.0001} and so on, with a script that checks and joins them. */
final class Parts {

    private static final int BUFFER = 1 << 16;

    private Parts() {}

    /**
     * @param folder whose content the parts have
     * @param out an empty folder
     * @param size bytes of a part at the most
     */
    static void write(Path folder, Path out, long size) throws IOException, InterruptedException {
        Process tar = new ProcessBuilder("tar", "-cf", "-", "-C", folder.toString(), ".")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (InputStream in = tar.getInputStream()) {
            split(in, out, size);
        }
        int code = tar.waitFor();
        if (code != 0) {
            throw new IOException("tar of %s failed with code %d".formatted(folder, code));
        }
        Path join = out.resolve("join");
        try (InputStream script = Parts.class.getResourceAsStream("join")) {
            Files.copy(script, join);
        }
        Files.setPosixFilePermissions(join, PosixFilePermissions.fromString("rwxr-xr-x"));
        Checksums.write(out);
    }

    private static void split(InputStream in, Path out, long size) throws IOException {
        byte[] first = in.readNBytes((int) Math.min(BUFFER, size));
        for (int number = 1; first.length > 0; number++) {
            try (OutputStream part = Files.newOutputStream(out.resolve("mixgrpo.tar.%04d".formatted(number)))) {
                part.write(first);
                long left = size - first.length;
                while (left > 0) {
                    byte[] next = in.readNBytes((int) Math.min(BUFFER, left));
                    if (next.length == 0) {
                        return;
                    }
                    part.write(next);
                    left -= next.length;
                }
            }
            first = in.readNBytes((int) Math.min(BUFFER, size));
        }
    }
}
