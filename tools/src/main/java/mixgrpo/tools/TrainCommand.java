package mixgrpo.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import mixgrpo.runtime.reward.Rewards;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.config.Preset;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.run.RunFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tools/train}: trains a model with MixGRPO. */
@Command(
        customSynopsis = {
            "tools/train PRESET [KEY=VALUE...] [--config FILE] [--model DIR]",
            "    [--variant NAME] [--prompts FILE] [--dry-run]",
            "tools/train --resume runs/NAME [KEY=VALUE...]"
        },
        description = {
            "Trains a flow-matching image model with MixGRPO and leaves everything in runs/NAME: configuration, metrics, pictures,"
                    + " checkpoints and report.html.",
            "",
            "A preset's values lie under those of --config files, these under KEY=VALUE. Every key is printed by --dry-run.",
        },
        footer = {
            "  tools/train quickstart",
            "  tools/train quickstart window.shiftInterval=15 seed=3",
            "  tools/train quickstart --dry-run",
            "  tools/train --resume runs/quickstart"
        })
final class TrainCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    private CommandSpec spec;

    @Spec
    void setSpec(CommandSpec spec) {
        this.spec = spec;
        List<String> description = new ArrayList<>(List.of(spec.usageMessage().description()));
        description.add("%nPresets:");
        for (Preset preset : Preset.values()) {
            description.add("  %-18s%s".formatted(preset.key(), preset.summary()));
        }
        spec.usageMessage().description(description.toArray(String[]::new));
    }

    @Parameters(
            index = "0..*",
            arity = "0..*",
            paramLabel = "PRESET [KEY=VALUE...]",
            hideParamSyntax = true,
            completionCandidates = Words.class,
            description = "A recipe, and values that differ from it.")
    private List<String> words = new ArrayList<>();

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "YAML with keys to lay over the preset; may be given several times. Default: none.")
    private List<Path> configs = new ArrayList<>();

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Model to train, same as model=DIR. Default: the preset's.")
    private Path model;

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            description =
                    "Which of several weights of a model folder are read, fp16 or bf16 for instance, same as modelVariant=NAME. Default: the plain ones.")
    private String variant;

    @Option(
            names = "--prompts",
            paramLabel = "FILE",
            description = "Prompts to train on, one a line, same as prompts.file=FILE. Default: the preset's.")
    private Path prompts;

    @Option(
            names = "--resume",
            paramLabel = "DIR",
            description = "Go on with the run in this folder from its last checkpoint. Default: a new run.")
    private Path resume;

    @Option(
            names = "--dry-run",
            description = "Print configuration, schedule, network calls and memory, and train nothing. Default: off.")
    private boolean dryRun;

    /** The words that may follow {@code tools/train}. */
    static final class Words implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            List<String> words = new ArrayList<>();
            Arrays.stream(Preset.values()).map(Preset::key).forEach(words::add);
            new KeyWords().forEach(words::add);
            return words.iterator();
        }
    }

    @Override
    public Integer call() throws Exception {
        Console console = Console.of(spec.commandLine());
        Configuration configuration = resume == null ? fresh(console) : resumed();
        return new TrainRun(configuration, resume, console).call(dryRun).code();
    }

    private Configuration fresh(Console console) throws IOException {
        if (words.isEmpty() || words.get(0).contains("=")) {
            throw new ParameterException(
                    spec.commandLine(), "expected a PRESET first, or --resume DIR; presets are " + Preset.list());
        }
        List<String> arguments = arguments(words.subList(1, words.size()));
        Configuration configuration = Configuration.load(words.get(0), configs, arguments);
        List<String> replaced = configuration.replacedRewards(Rewards.known());
        if (replaced.isEmpty()) {
            return configuration;
        }
        console.remark("the preset's rewards %s are not on the class path; yours take their place%n"
                .formatted(String.join(", ", replaced)));
        replaced.forEach(reward -> arguments.add("rewards.%s=null".formatted(reward)));
        return Configuration.load(words.get(0), configs, arguments);
    }

    private Configuration resumed() throws IOException {
        if (!configs.isEmpty() || words.stream().anyMatch(word -> !word.contains("="))) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--resume takes the run's own configuration: no preset and no --config beside it");
        }
        Path config = new RunFolder(resume).config();
        if (!Files.isRegularFile(config)) {
            throw new GivenException("--resume: expected the folder of a run, as in runs/NAME, with its %s, got %s%s"
                    .formatted(
                            config.getFileName(),
                            resume,
                            Files.exists(resume) ? ", which has none" : ", which is not there"));
        }
        return Configuration.ofRun(config, arguments(words));
    }

    private List<String> arguments(List<String> given) {
        List<String> arguments = new ArrayList<>(given);
        if (model != null) {
            arguments.add("model=" + model);
        }
        if (variant != null) {
            arguments.add("modelVariant=" + variant);
        }
        if (prompts != null) {
            arguments.add("prompts.file=" + prompts);
        }
        return arguments;
    }
}
