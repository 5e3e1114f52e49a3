package mixgrpo.models.weights;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Safetensors files of any size, memory-mapped (format: github.com/huggingface/safetensors). Opening reads and checks
 * the header.
 */
public final class SafetensorsFile {

    private SafetensorsFile() {}

    /**
     * Opens one file.
     *
     * @throws IOException if it cannot be read or breaks the format; names everything that is wrong with it
     */
    public static WeightsFile open(Path file) throws IOException {
        return open(file, MappedFile.WINDOW);
    }

    static WeightsFile open(Path file, int window) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("%s: no such file".formatted(file));
        }
        try (FileChannel channel = FileChannel.open(file)) {
            SafetensorsHeader header = SafetensorsHeader.read(channel, file);
            Map<String, MappedArrays.Place> places = new LinkedHashMap<>();
            header.entries()
                    .forEach((key, entry) -> places.put(
                            key,
                            MappedArrays.Place.rowMajor(
                                    entry.dtype(), entry.shape(), header.dataStart() + entry.begin())));
            return new MappedArrays(file, header.metadata(), new MappedFile(channel, window), places);
        }
    }
}
