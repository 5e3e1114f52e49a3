package mixgrpo.runtime.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The shared libraries of this machine that a process can load by name: looked for in the folders of the dynamic linker, nothing is
 * loaded.
 *
 * @param folders searched in this order
 */
public record SharedLibraries(List<Path> folders) {

    private static final List<String> DEFAULTS =
            List.of("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib");

    /** Those of this process: {@code LD_LIBRARY_PATH}, then the folders of the system's linker configuration, then its own. */
    public static SharedLibraries ofProcess() {
        Set<Path> folders = new LinkedHashSet<>();
        String given = System.getenv("LD_LIBRARY_PATH");
        if (given != null) {
            for (String folder : given.split(":")) {
                folders.add(Path.of(folder).toAbsolutePath());
            }
        }
        folders.addAll(configured(Path.of("/etc/ld.so.conf")));
        DEFAULTS.forEach(folder -> folders.add(Path.of(folder)));
        return new SharedLibraries(List.copyOf(folders));
    }

    /** The folders that a file in the form of {@code ld.so.conf} names, with those of the files that it includes. */
    static List<Path> configured(Path file) {
        List<Path> folders = new ArrayList<>();
        if (!Files.isReadable(file)) {
            return folders;
        }
        try {
            for (String line : Files.readAllLines(file)) {
                String text = line.replaceFirst("#.*", "").strip();
                if (text.startsWith("include ")) {
                    Path pattern = file.resolveSibling(
                            text.substring("include ".length()).strip());
                    folders.addAll(included(pattern));
                } else if (!text.isEmpty()) {
                    folders.add(Path.of(text));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the linker's configuration %s cannot be read".formatted(file), e);
        }
        return folders;
    }

    private static List<Path> included(Path pattern) throws IOException {
        List<Path> folders = new ArrayList<>();
        if (Files.isDirectory(pattern.getParent())) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(
                    pattern.getParent(), pattern.getFileName().toString())) {
                for (Path file : files) {
                    folders.addAll(configured(file));
                }
            }
        }
        return folders;
    }

    /** Where a library lies, by its name with version: {@code libcuda.so.1}. */
    public Optional<Path> find(String name) {
        return folders.stream()
                .map(folder -> folder.resolve(name))
                .filter(Files::exists)
                .findFirst();
    }

    /** Those of the names that are nowhere, in order. */
    public List<String> missing(List<String> names) {
        return names.stream().filter(name -> find(name).isEmpty()).toList();
    }
}
