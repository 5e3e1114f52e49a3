package mixgrpo.tools.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.List;
import java.util.stream.Stream;
import mixgrpo.models.weights.Sha256;

/** The SHA-256 of every file of a folder in a file that {@code sha256sum -c} reads. */
final class Checksums {

    static final String NAME = "SHA256SUMS";

    private Checksums() {}

    static void write(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> below = Files.walk(folder)) {
            files = below.filter(Files::isRegularFile).sorted().toList();
        }
        StringBuilder lines = new StringBuilder();
        for (Path file : files) {
            lines.append("%s  %s\n".formatted(sha256(file), folder.relativize(file)));
        }
        Files.writeString(folder.resolve(NAME), lines, StandardCharsets.UTF_8);
    }

    private static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file);
                DigestInputStream digest = new DigestInputStream(in, Sha256.start())) {
            digest.transferTo(OutputStream.nullOutputStream());
            return Sha256.hex(digest.getMessageDigest());
        }
    }
}
