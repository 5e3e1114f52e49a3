package mixgrpo.tools;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mixgrpo.tools.bundle.Bundle;
import mixgrpo.tools.bundle.BundlePlan;
import mixgrpo.tools.failure.GivenException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code tools/bundle}: the program for a machine that has nothing. */
@Command(
        customSynopsis = "tools/bundle OUT [--model DIR]... [--profile NAME] [--split SIZE] [--dry-run]",
        description = {
            "Makes a folder that runs where nothing is installed and nothing can be fetched: a Java made for it, jars, native libraries,"
                    + " launchers, the built-in model, and SHA256SUMS. Its commands are OUT/tools/train and so on; what they unpack goes to"
                    + " OUT/cache, or under XDG_CACHE_HOME.",
            "With --split, OUT holds parts instead, and OUT/join, which checks them and joins them."
        },
        footer = {"  tools/bundle mixgrpo", "  tools/bundle parts --split 16MiB --model models/flux-dev"})
final class BundleCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "OUT", description = "Folder to make; it must not exist.")
    private Path out;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description =
                    "Model folder that shall be in it, too, as models/NAME. May be repeated. Default: the built-in one only.")
    private List<Path> models = new ArrayList<>();

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            description = "Maven profile to build with, ort-cuda for one. Default: MIXGRPO_PROFILE, or none.")
    private String profile;

    @Option(
            names = "--split",
            paramLabel = "SIZE",
            converter = Size.class,
            description = "Size of a part at the most: 16MiB, 2GB. Default: no parts.")
    private Long split;

    @Option(
            names = "--dry-run",
            description = "Say what would be in it and how large it is; write nothing. Default: off.")
    private boolean dryRun;

    /** Bytes as people write them. */
    static final class Size implements ITypeConverter<Long> {

        private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,8})(|[kKMG]i?)B?");

        @Override
        public Long convert(String value) {
            Matcher size = SIZE.matcher(value);
            if (!size.matches()) {
                throw new TypeConversionException(
                        "expected a size such as 16MiB, 700MB or 2GB, got '%s'".formatted(value));
            }
            String unit = size.group(2).toUpperCase(Locale.ROOT);
            long base = unit.endsWith("I") ? 1024 : 1000;
            long factor = 1;
            for (int i = 0; i <= "KMG".indexOf(unit.isEmpty() ? "-" : unit.substring(0, 1)); i++) {
                factor *= base;
            }
            return Math.multiplyExact(Long.parseLong(size.group(1)), factor);
        }
    }

    @Override
    public Integer call() throws Exception {
        String built = System.getenv().getOrDefault("MIXGRPO_PROFILE", "");
        if (profile != null && !profile.equals(built)) {
            throw new GivenException("--profile: expected what was built, '%s', got '%s'; start this by tools/bundle"
                    .formatted(built, profile));
        } else if (Files.exists(out)) {
            throw new GivenException("%s: exists already and is not overwritten".formatted(out));
        }
        String home = property("mixgrpo.home");
        BundlePlan plan = BundlePlan.of(
                Path.of(home),
                Main.commands().keySet(),
                System.getProperty("java.class.path"),
                Path.of(property("onnxruntime.native.path")),
                models);
        Bundle.checkJava();
        Console console = Console.of(spec.commandLine());
        long total = 0;
        for (Map.Entry<String, Long> part : plan.bytes().entrySet()) {
            total += part.getValue();
            console.print(String.format(Locale.ROOT, "%9.2f MB  %s%n", part.getValue() / 1e6, part.getKey()));
        }
        console.print(
                "and Java %s with %s%n".formatted(Runtime.version().feature(), String.join(", ", Bundle.modules())));
        if (dryRun) {
            console.print(String.format(
                    Locale.ROOT, "%.2f MB and Java would be copied to %s; nothing was written%n", total / 1e6, out));
            return ExitCode.OK.code();
        }
        String description =
                "%s%nprofile: %s%n".formatted(new Version().getVersion()[0], built.isEmpty() ? "none" : built);
        Bundle.write(plan, out, description, split == null ? OptionalLong.empty() : OptionalLong.of(split));
        console.print(
                split == null
                        ? "made %1$s; on the other machine: %1$s/tools/doctor%n".formatted(out)
                        : "made %1$s; on the other machine: %1$s/join, then mixgrpo/tools/doctor%n".formatted(out));
        return ExitCode.OK.code();
    }

    private static String property(String key) {
        String value = System.getProperty(key);
        if (value == null) {
            throw new GivenException("-D%s is not set; start this by tools/bundle".formatted(key));
        }
        return value;
    }
}
