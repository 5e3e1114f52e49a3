package mixgrpo.tools.bundle;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import mixgrpo.tools.failure.GivenException;

/**
 * What is copied into a bundle.
 *
 * @param files by their path in the bundle, relative and with {@code /}
 */
public record BundlePlan(Map<String, Path> files) {

    /** Needs a JDK and a build, which a bundle has not. */
    private static final Set<String> LEFT_OUT = Set.of("bundle");

    /**
     * @param home of the program, a checkout
     * @param commands the launchers' names
     * @param classPath of this process, with entries that are jars
     * @param natives folder of ONNX Runtime's libraries
     * @param models folders besides the one that is built in
     * @throws GivenException if a model is no folder, two have one name, or the class path is not a launcher's
     */
    public static BundlePlan of(Path home, Set<String> commands, String classPath, Path natives, List<Path> models)
            throws IOException {
        Map<String, Path> files = new LinkedHashMap<>();
        for (String name : List.of("LICENSE", "NOTICE", "README.md", "tools/launch")) {
            files.put(name, home.resolve(name));
        }
        for (String command : commands) {
            if (!LEFT_OUT.contains(command)) {
                files.put("tools/" + command, home.resolve("tools").resolve(command));
            }
        }
        for (String entry : classPath.split(File.pathSeparator)) {
            Path jar = Path.of(entry);
            if (!entry.endsWith(".jar") || !Files.isRegularFile(jar)) {
                throw new GivenException(
                        "class path: expected jars only, got %s; start this by tools/bundle".formatted(jar));
            } else if (files.putIfAbsent("lib/" + jar.getFileName(), jar) != null) {
                throw new GivenException("class path: two jars are called %s; rename yours in MIXGRPO_CLASS_PATH"
                        .formatted(jar.getFileName()));
            }
        }
        addFolder(files, "lib/onnxruntime", natives);
        addFolder(files, "models/scenes", home.resolve("models/scenes"));
        for (Path model : models) {
            String name = "models/" + model.toAbsolutePath().normalize().getFileName();
            if (!Files.isDirectory(model)) {
                throw new GivenException("--model %s: expected a folder".formatted(model));
            } else if (files.keySet().stream().anyMatch(file -> file.startsWith(name + "/"))) {
                throw new GivenException("--model %s: the bundle has a %s already".formatted(model, name));
            }
            addFolder(files, name, model);
        }
        return new BundlePlan(files);
    }

    private static void addFolder(Map<String, Path> files, String name, Path folder) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> below = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            below.filter(Files::isRegularFile).forEach(found::add);
        }
        found.sort(Comparator.naturalOrder());
        for (Path file : found) {
            files.put(name + "/" + folder.relativize(file), file);
        }
    }

    /** Bytes to be copied, by the first folder in the bundle; files that lie in none under their own name. */
    public Map<String, Long> bytes() throws IOException {
        Map<String, Long> bytes = new LinkedHashMap<>();
        for (Map.Entry<String, Path> file : files.entrySet()) {
            String[] path = file.getKey().split("/");
            bytes.merge(path.length == 1 ? path[0] : path[0] + "/", Files.size(file.getValue()), Long::sum);
        }
        return bytes;
    }
}
