package mixgrpo.runtime.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import mixgrpo.models.weights.AtomicFile;

/**
 * Engines that were built, on disk: a folder for each, called by what the engine is of and by its key. An entry appears as a whole; where two
 * processes build the same one, the first stays and the other's is thrown away. An engine of another key is never given out.
 *
 * @param folder of all entries; made when the first is stored
 */
public record EngineCache(Path folder) {

    private static final String STAMP = "engine.txt";
    private static final String FILE = "file ";
    private static final int ID = 16;

    /**
     * An engine in the cache.
     *
     * @param folder with its files
     */
    public record Entry(Path folder, EngineKey key) {

        public Path file(String name) {
            return folder.resolve(name);
        }
    }

    /**
     * An entry that is not used.
     *
     * @param reasons why not, in words
     */
    public record Stale(Path folder, List<String> reasons) {

        @Override
        public String toString() {
            return "%s: %s".formatted(folder, String.join("; ", reasons));
        }
    }

    /** Puts the files of an entry into its folder. */
    @FunctionalInterface
    public interface Content {
        void writeTo(Path folder) throws IOException;
    }

    /**
     * The engine of this key, if it is there and whole.
     *
     * @param name of what it is of, {@code transformer}
     * @throws IOException if the cache cannot be read
     */
    public Optional<Entry> find(String name, EngineKey key) throws IOException {
        Path entry = entry(name, key);
        return Files.isDirectory(entry) && problems(entry, key).isEmpty()
                ? Optional.of(new Entry(entry, key))
                : Optional.empty();
    }

    /**
     * The entries of that name that are not the engine of this key, each with what is different or broken.
     *
     * @throws IOException if the cache cannot be read
     */
    public List<Stale> stale(String name, EngineKey key) throws IOException {
        List<Stale> stale = new ArrayList<>();
        for (Path entry : folders(name)) {
            List<String> problems = problems(entry, key);
            if (!problems.isEmpty()) {
                stale.add(new Stale(entry, problems));
            }
        }
        return stale;
    }

    /**
     * The engines of that name that are whole, whatever their keys are.
     *
     * @throws IOException if the cache cannot be read
     */
    public List<Entry> entries(String name) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (Path entry : folders(name)) {
            Optional<EngineKey> key = key(entry);
            if (key.isPresent() && problems(entry, key.get()).isEmpty()) {
                entries.add(new Entry(entry, key.get()));
            }
        }
        return entries;
    }

    private List<Path> folders(String name) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(
                            path -> path.getFileName().toString().matches("\\Q%s\\E-[0-9a-f]{%d}".formatted(name, ID)))
                    .sorted()
                    .toList();
        }
    }

    /**
     * The key of an entry, if the folder is one.
     *
     * @throws IOException if its stamp cannot be read
     */
    public static Optional<EngineKey> key(Path entry) throws IOException {
        try {
            return Optional.of(EngineKey.of(lines(entry)));
        } catch (NoSuchFileException | IllegalArgumentException e) {
            return Optional.empty(); // find and stale say what is wrong with it
        }
    }

    /**
     * Stores an engine. A whole one of the same key that is there already, another process's, is returned instead; a broken one is replaced.
     *
     * @throws IOException if it cannot be written; nothing is left behind. What a killed process left is deleted by the next that stores
     */
    public Entry store(String name, EngineKey key, Content content) throws IOException {
        Path entry = entry(name, key);
        try (ScratchFolder scratch = ScratchFolder.in(folder)) {
            Path made = scratch.path();
            content.writeTo(made);
            AtomicFile.write(made.resolve(STAMP), stamp(made, key));
            if (Files.isDirectory(entry) && !problems(entry, key).isEmpty()) {
                ScratchFolder.delete(entry);
            }
            Files.move(made, entry, StandardCopyOption.ATOMIC_MOVE);
            return new Entry(entry, key);
        } catch (FileSystemException e) {
            Optional<Entry> others = find(name, key); // the name was taken meanwhile
            if (others.isPresent()) {
                return others.get();
            }
            throw e;
        }
    }

    private Path entry(String name, EngineKey key) {
        if (!name.matches("[a-z0-9-]+")) {
            throw new IllegalArgumentException(
                    "name of a cached engine: expected small letters, digits and '-', got '%s'".formatted(name));
        }
        return folder.resolve("%s-%s".formatted(name, key.id().substring(0, ID)));
    }

    /** The key, then the size of every file. */
    private static byte[] stamp(Path folder, EngineKey key) throws IOException {
        StringBuilder text = new StringBuilder();
        key.parts().forEach((part, value) -> text.append("%s: %s\n".formatted(part, value)));
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                text.append("%s%s: %d\n".formatted(FILE, file.getFileName(), Files.size(file)));
            }
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static Map<String, String> lines(Path entry) throws IOException {
        Map<String, String> lines = new LinkedHashMap<>();
        for (String line : Files.readAllLines(entry.resolve(STAMP))) {
            int colon = line.indexOf(": ");
            if (colon > 0) {
                lines.put(line.substring(0, colon), line.substring(colon + 2));
            }
        }
        return lines;
    }

    private static List<String> problems(Path entry, EngineKey key) throws IOException {
        Map<String, String> lines;
        try {
            lines = lines(entry);
        } catch (NoSuchFileException e) {
            return List.of("it has no %s".formatted(STAMP));
        }
        EngineKey own;
        try {
            own = EngineKey.of(lines);
        } catch (IllegalArgumentException e) {
            return List.of(e.getMessage());
        }
        List<String> problems = new ArrayList<>(own.differences(key));
        for (Map.Entry<String, String> line : lines.entrySet()) {
            if (line.getKey().startsWith(FILE)) {
                String name = line.getKey().substring(FILE.length());
                Path file = entry.resolve(name);
                String size = Files.isRegularFile(file) ? "" + Files.size(file) : "none";
                if (!size.equals(line.getValue())) {
                    problems.add("%s: expected %s bytes, got %s".formatted(name, line.getValue(), size));
                }
            }
        }
        return problems;
    }
}
