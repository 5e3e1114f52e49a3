package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launchers in a project of empty modules, with a Maven that makes empty jars and a Java that says what it was asked. */
class LauncherTest {

    private static final List<String> MODULES = List.of("solvers", "models", "runtime", "exporter", "trainer");

    @TempDir
    private Path folder;

    private Path root;
    private Path home;

    /** What a process printed, errors among it, and its exit code. */
    private record Result(String out, int code) {}

    @BeforeEach
    void makeProject() throws IOException {
        root = Files.createDirectories(folder.resolve("a project"));
        for (String file : List.of("launch", "train", "sample")) {
            Path script = Path.of(file).toAbsolutePath();
            Files.createDirectories(root.resolve("tools"));
            Files.copy(script, root.resolve("tools").resolve(file));
            root.resolve("tools").resolve(file).toFile().setExecutable(true);
        }
        Files.writeString(
                root.resolve("pom.xml"),
                "<properties>\n  <launcher.profiles>gpu ort</launcher.profiles>\n</properties>\n<profile>\n  <id>tests</id>\n</profile>\n");
        Files.createDirectories(root.resolve("tools/src/main"));
        Files.createDirectories(root.resolve("solvers/src/main"));
        Path ort = Files.createFile(folder.resolve("onnxruntime-1.jar"));
        StringBuilder classPath = new StringBuilder(ort.toString());
        for (String module : MODULES) {
            classPath.append(':').append(root.resolve("%s/target/%s-1.jar".formatted(module, module)));
        }
        home = folder.resolve("jdk");
        script("jdk/bin/java", "printf '%s\\n' \"$CLASSPATH\" \"$@\"; env | grep -E '^(DJL|OMP|MIXGRPO|MALLOC|LC)_'");
        script("jdk/bin/javac", "");
        script("jdk/bin/jar", "mkdir -p ai/onnxruntime/native/linux-x64");
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"17.0.15\"\n");
        script(
                "bin/mvn",
                """
                echo "$@" >> '%1$s/mvn.calls'
                [ ! -f '%1$s/broken' ] || { echo '[ERROR] it is broken'; exit 1; }
                for m in %2$s; do mkdir -p $m/target && touch $m/target/$m-1.jar; done
                mkdir -p tools/target && touch tools/target/tools.jar
                printf '%%s' '%3$s' > tools/target/class-path
                """
                        .formatted(folder, String.join(" ", MODULES), classPath));
    }

    private void script(String name, String body) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        file.toFile().setExecutable(true);
    }

    private Result run(Path launcher, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", folder.resolve("bin") + ":/usr/bin:/bin", "HOME", "/home/me"));
        builder.environment().put("JAVA_HOME", home.toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(out, process.waitFor());
    }

    private Result train(String... arguments) throws IOException, InterruptedException {
        return run(root.resolve("tools/train"), Map.of(), arguments);
    }

    private int builds() throws IOException {
        Path calls = folder.resolve("mvn.calls");
        return Files.exists(calls) ? Files.readAllLines(calls).size() : 0;
    }

    @Test
    void theFirstUseBuildsAndSaysSoAndTheNextDoesNot() throws Exception {
        Result first = train("quickstart", "name=a b");
        assertEquals(0, first.code(), first.out());
        assertTrue(
                first.out().startsWith("tools/train: building (first use, or the sources are newer); log in "),
                first.out());
        assertTrue(first.out().contains("\nmixgrpo.tools.Main\ntrain\nquickstart\nname=a b\n"), first.out());
        assertFalse(train("quickstart").out().contains("building"));
        assertEquals(1, builds());
    }

    @Test
    void newerSourcesAndLostLibrariesBuildAgain() throws Exception {
        train();
        Path source = Files.createFile(root.resolve("solvers/src/main/A.java"));
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(2)));
        assertTrue(train().out().contains("building"));
        assertEquals(2, builds());
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().minusSeconds(60)));
        Files.delete(root.resolve("tools/target/launch/default/lib/models.jar"));
        assertTrue(train().out().contains("building"));
        assertEquals(3, builds());
    }

    @Test
    void aRunKeepsItsJarsWhenAnotherBuildReplacesTheirs() throws Exception {
        String out = train().out();
        for (String module : MODULES) {
            assertTrue(
                    out.contains(root.resolve("tools/target/launch/default/lib/" + module + ".jar")
                            .toString()),
                    out);
        }
        assertFalse(out.contains("solvers/target"), out);
    }

    @Test
    void profilesForLaunchersAreThoseOfThePom() throws Exception {
        String pom = Files.readString(Path.of("../pom.xml"));
        Matcher named =
                Pattern.compile("<launcher.profiles>(.*)</launcher.profiles>").matcher(pom);
        assertTrue(named.find());
        for (String profile : named.group(1).split(" ")) {
            assertTrue(pom.contains("<id>%s</id>".formatted(profile)), profile);
        }
    }

    @Test
    void theProfileIsMavensAndHasABuildOfItsOwn() throws Exception {
        train();
        Result gpu = run(root.resolve("tools/train"), Map.of("MIXGRPO_PROFILE", "gpu"));
        assertTrue(gpu.out().contains("building"), gpu.out());
        assertTrue(Files.readAllLines(folder.resolve("mvn.calls")).get(1).contains("-P gpu"));
        assertTrue(gpu.out().contains("launch/gpu/lib/tools.jar"), gpu.out());
        assertFalse(train().out().contains("building"));
        Result both = run(root.resolve("tools/train"), Map.of("MIXGRPO_PROFILE", "gpu,ort"));
        assertTrue(both.out().contains("launch/gpu,ort/lib/tools.jar"), both.out());
        assertTrue(Files.readAllLines(folder.resolve("mvn.calls")).get(2).contains("-P gpu,ort"));
        for (String wrong : List.of("gp", "gpu,or", "tests", "gpu ort")) {
            Result unknown = run(root.resolve("tools/train"), Map.of("MIXGRPO_PROFILE", wrong));
            assertEquals(2, unknown.code(), unknown.out());
            assertEquals(
                    "tools/train: MIXGRPO_PROFILE: expected one of gpu ort (or none, or several with ',' between them), got '%s'.\n"
                            .formatted(wrong),
                    unknown.out());
        }
        assertEquals(3, builds());
    }

    @Test
    void aBundleRunsItsOwnJavaAndBuildsNothing() throws Exception {
        Files.createFile(root.resolve("BUNDLE"));
        script("a project/java/bin/java", "printf '%s\\n' \"own $CLASSPATH\" \"$@\"; env | grep -E '^(DJL|XDG)_'");
        Files.writeString(root.resolve("java/release"), "JAVA_VERSION=\"17.0.15\"\n");
        ProcessBuilder builder = new ProcessBuilder(root.resolve("tools/train").toString(), "quickstart");
        builder.environment().clear(); // no home, no Java, no Maven
        builder.environment().put("PATH", "/usr/bin:/bin");
        Process process = builder.redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), out);
        assertTrue(out.startsWith("own %s/lib/*\n".formatted(root)), out);
        assertTrue(out.contains("\n-Donnxruntime.native.path=%s/lib/onnxruntime\n".formatted(root)), out);
        assertTrue(out.contains("\nDJL_CACHE_DIR=%s/cache/mixgrpo/natives\n".formatted(root)), out);
        assertEquals(0, builds());
    }

    @Test
    void symlinksAndOtherFoldersLeadToTheSameProject() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("bin/draw"), root.resolve("tools/sample"));
        Result result = run(link, Map.of());
        assertTrue(result.out().contains("\nmixgrpo.tools.Main\nsample\n"), result.out());
    }

    @Test
    void twoAtOnceBuildOnce() throws Exception {
        script("bin/mvn", Files.readString(folder.resolve("bin/mvn")).replace("#!/bin/sh\n", "sleep 0.5\n"));
        List<Result> results = new ArrayList<>();
        Thread[] threads = new Thread[3];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                try {
                    Result result = train();
                    synchronized (results) {
                        results.add(result);
                    }
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(3, results.stream().filter(result -> result.code() == 0).count(), results.toString());
        assertEquals(1, builds());
    }

    @Test
    void whatNativeLibrariesNeedIsSetUnlessTheUserHas() throws Exception {
        String out = train().out();
        for (String line : List.of(
                "DJL_OFFLINE=true",
                "DJL_CACHE_DIR=/home/me/.cache/mixgrpo/natives",
                "OMP_WAIT_POLICY=PASSIVE",
                "MIXGRPO_TERMINAL=0")) {
            assertTrue(out.contains("\n" + line + "\n"), line + " in " + out);
        }
        assertFalse(out.contains("--enable-native-access"), out);
        assertTrue(out.matches("(?s).*\n-XX:MaxDirectMemorySize=[1-9][0-9]*k\n.*"), out);
        Map<String, String> own = Map.of("DJL_CACHE_DIR", "/tmp/n", "MIXGRPO_JAVA_OPTS", "-Xmx1g -Da=b");
        String changed = run(root.resolve("tools/train"), own).out();
        assertTrue(changed.contains("\nDJL_CACHE_DIR=/tmp/n\n") && changed.contains("\n-Xmx1g\n-Da=b\n"), changed);
    }

    @Test
    void withoutALocaleNamesOfFilesAreUtf8() throws Exception {
        Path launcher = root.resolve("tools/train");
        for (Map<String, String> none : List.of(
                Map.<String, String>of(),
                Map.of("LANG", "C"),
                Map.of("LC_ALL", "POSIX", "LANG", "de_DE.UTF-8"),
                Map.of("LC_CTYPE", "C"))) {
            assertTrue(run(launcher, none).out().contains("\nLC_ALL=C.UTF-8\n"), none::toString);
        }
        for (Map<String, String> own : List.of(
                Map.of("LANG", "de_DE.UTF-8"), Map.of("LC_CTYPE", "C.UTF-8"), Map.of("LC_ALL", "en_US.ISO-8859-1"))) {
            assertFalse(run(launcher, own).out().contains("\nLC_ALL=C.UTF-8\n"), own::toString);
        }
    }

    @Test
    void jarsOfTheUsersComeLastOnTheClassPathAndMustBeThere() throws Exception {
        Path jar = Files.createFile(folder.resolve("my reward.jar"));
        Result with = run(root.resolve("tools/train"), Map.of("MIXGRPO_CLASS_PATH", jar + ":" + folder + "/*"));
        assertTrue(with.out().contains(".jar:" + jar + ":" + folder + "/*\n"), with.out());
        Result without = run(root.resolve("tools/train"), Map.of("MIXGRPO_CLASS_PATH", jar + ":none.jar"));
        assertEquals(2, without.code(), without.out());
        assertEquals(
                "tools/train: MIXGRPO_CLASS_PATH: expected a jar or a folder at none.jar, found none.\n",
                without.out());
    }

    @Test
    void aNewJavaIsAllowedToCallNativeCode() throws Exception {
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"25.0.3\"\n");
        String out = train().out();
        assertTrue(out.contains("\n--enable-native-access=ALL-UNNAMED\nmixgrpo.tools.Main\n"), out);
    }

    @Test
    void whatIsMissingIsNamed() throws Exception {
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"11.0.2\"\n");
        Result old = train();
        assertEquals(4, old.code());
        assertTrue(old.out().contains("is Java 11.0.2; version 17 or newer is needed"), old.out());
        Result none = run(root.resolve("tools/train"), Map.of("JAVA_HOME", "/nowhere"));
        assertEquals(4, none.code());
        assertTrue(none.out().contains("no Java found"), none.out());
        script("bin/uname", "echo Darwin-arm64");
        script("bin/uname", "[ $1 = -s ] && echo Darwin || echo arm64");
        Result mac = train();
        assertEquals(4, mac.code());
        assertTrue(mac.out().contains("this is Darwin-arm64"), mac.out());
        assertEquals(0, builds());
    }

    @Test
    void aCopyOfABuiltProjectRunsItsOwn() throws Exception {
        train();
        Path copy = folder.resolve("copy");
        assertEquals(
                0,
                new ProcessBuilder("cp", "-a", root.toString(), copy.toString())
                        .start()
                        .waitFor());
        Result result = run(copy.resolve("tools/train"), Map.of());
        assertTrue(result.out().contains("building"), result.out());
        assertTrue(result.out().contains(copy + "/tools/target/launch/default/lib/tools.jar"), result.out());
    }

    @Test
    void whatABuildNeedsIsNamed() throws Exception {
        Files.delete(home.resolve("bin/javac"));
        Result runtime = train();
        assertEquals(4, runtime.code(), runtime.out());
        assertTrue(runtime.out().contains("has no compiler; a build needs a JDK, not a runtime"), runtime.out());
        Files.delete(folder.resolve("bin/mvn"));
        Result maven = run(root.resolve("tools/train"), Map.of("PATH", onlyTools()));
        assertEquals(4, maven.code(), maven.out());
        assertTrue(maven.out().contains("Maven is needed for a build"), maven.out());
        deleteFolder(root.resolve("tools/target"));
        Files.createFile(root.resolve("tools/target"));
        Result readOnly = train();
        assertEquals(1, readOnly.code(), readOnly.out());
        assertTrue(readOnly.out().contains("tools/target/launch cannot be written."), readOnly.out());
        assertEquals(1, readOnly.out().lines().count(), readOnly.out());
        Result homeless = run(root.resolve("tools/train"), Map.of("HOME", ""));
        assertEquals(2, homeless.code(), homeless.out());
        assertTrue(homeless.out().contains("HOME is not set"), homeless.out());
        assertEquals(0, builds());
    }

    /** A folder of the programs that launchers use, so that a Maven of this machine is not among them. */
    private String onlyTools() throws IOException {
        Path tools = Files.createDirectories(folder.resolve("only"));
        for (String tool : List.of(
                "sh",
                "dirname",
                "readlink",
                "uname",
                "sed",
                "tr",
                "cat",
                "find",
                "head",
                "mkdir",
                "flock",
                "rm",
                "touch")) {
            Path program = Files.exists(Path.of("/usr/bin", tool)) ? Path.of("/usr/bin", tool) : Path.of("/bin", tool);
            Files.createSymbolicLink(tools.resolve(tool), program);
        }
        return tools.toString();
    }

    private static void deleteFolder(Path tree) throws IOException {
        try (Stream<Path> paths = Files.walk(tree)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /** As jenv and asdf have it: the java on the path is a script that starts the chosen one. */
    @Test
    void aScriptInJavasPlaceIsAskedForItsHome() throws Exception {
        script(
                "jdk/bin/java",
                "[ \"$1\" = -XshowSettings:properties ] && echo '    java.home = %s' >&2; printf '%%s\\n' \"$@\""
                        .formatted(home));
        script("shims/java", "exec '%s/bin/java' \"$@\"".formatted(home));
        Result result = run(
                root.resolve("tools/train"),
                Map.of(
                        "JAVA_HOME",
                        "",
                        "PATH",
                        folder.resolve("shims") + ":" + folder.resolve("bin") + ":/usr/bin:/bin"));
        assertEquals(0, result.code(), result.out());
        assertTrue(result.out().contains("\nmixgrpo.tools.Main\ntrain\n"), result.out());
        assertEquals(1, builds());
    }

    @Test
    void aBuildThatFailsShowsItsErrorsAndLeavesNothing() throws Exception {
        Files.createFile(folder.resolve("broken"));
        Result broken = train();
        assertEquals(1, broken.code());
        assertTrue(
                broken.out().contains("[ERROR] it is broken\ntools/train: the build failed; all of its log is in "),
                broken.out());
        Files.delete(folder.resolve("broken"));
        assertEquals(0, train().code());
    }

    /** On a terminal of so many columns. */
    @Test
    void onATerminalItsWidthIsPassedOn() throws Exception {
        Path script = Path.of("/usr/bin/script");
        assumeTrue(Files.isExecutable(script), "script of util-linux makes a terminal");
        train(); // what is built says nothing
        String command = "stty cols 93; '%s'".formatted(root.resolve("tools/train"));
        ProcessBuilder builder = new ProcessBuilder(script.toString(), "-qec", command, "/dev/null");
        builder.redirectErrorStream(true).redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        Map<String, String> environment = builder.environment();
        environment.put("PATH", folder.resolve("bin") + ":/usr/bin:/bin");
        environment.put("JAVA_HOME", home.toString());
        environment.put("HOME", "/home/me");
        environment.put("TERM", "xterm");
        environment.put("SHELL", "/bin/sh");
        List.of("CI", "NO_COLOR", "MIXGRPO_TERMINAL").forEach(environment::remove);
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), out);
        assertTrue(out.contains("MIXGRPO_TERMINAL=93"), out);
    }
}
