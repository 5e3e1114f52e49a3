package mixgrpo.runtime.process;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Another Java with this one's class path, options and settings. */
public final class JavaProcess {

    /** Options of the JVM that make sense for another one; agents and their ports do not. */
    private static final Pattern OPTIONS = Pattern.compile("-X(?!debug|runjdwp).*|-D.*|--(enable|sun|add|illegal)-.*");

    /** Settings, which may have been made after the start. */
    private static final Pattern SETTINGS = Pattern.compile(
            "(mixgrpo|onnxruntime|ai\\.djl|jna)\\..*|org\\.bytedeco\\.javacpp\\.cache[dD]ir|java\\.io\\.tmpdir");

    private JavaProcess() {}

    /** @param arguments of the class's {@code main} */
    public static ProcessBuilder of(Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (OPTIONS.matcher(option).matches()) {
                command.add(option);
            }
        }
        for (String key : new TreeSet<>(System.getProperties().stringPropertyNames())) {
            if (SETTINGS.matcher(key).matches()) {
                command.add("-D%s=%s".formatted(key, System.getProperty(key)));
            }
        }
        command.add(main.getName());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        // Not as an argument: ONNX Runtime's regular expression overflows its stack on a long command line.
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        return builder;
    }
}
