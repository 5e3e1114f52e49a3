package mixgrpo.tools;

import java.util.Optional;
import java.util.concurrent.Callable;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.inspect.Inspection;
import mixgrpo.tools.inspect.InspectionJson;
import mixgrpo.tools.inspect.InspectionText;
import mixgrpo.tools.inspect.Inspector;
import mixgrpo.tools.model.Architecture;
import mixgrpo.tools.model.ImageModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tools/inspect}: what is in a model folder or a weights file. */
@Command(
        customSynopsis = "tools/inspect DIR|FILE [--tensors] [--values] [--base DIR] [--variant NAME] [--json]",
        description = {
            "Says what is in a model folder, the folder of a part, a weights file (safetensors, .bin, an index) or a LoRA file: parts,"
                    + " parameters, number formats, what is not supported, and how much memory sampling, training and exporting need."
                    + " Reads headers only unless told otherwise. Code 3 if something does not fit."
        },
        footer = {"  tools/inspect scenes", "  tools/inspect models/scenes/transformer --tensors --json"})
final class InspectCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR|FILE", description = "What to look at; scenes is the built-in model.")
    private String path;

    @Option(names = "--tensors", description = "List every array with its shape. Default: sums only.")
    private boolean tensors;

    @Option(
            names = "--values",
            description = "Read every value and count those that are no numbers. Default: headers only.")
    private boolean values;

    @Option(
            names = "--base",
            paramLabel = "DIR",
            description =
                    "Model (scenes or a folder), or its transformer's folder, that a LoRA file shall fit. Default: none.")
    private String base;

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            defaultValue = "",
            description = "Which of several weights, fp16 for one. Default: the plain ones, or the only ones.")
    private String variant;

    @Option(names = "--json", description = "Print JSON. Default: text.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Inspection inspection = GivenException.reading(() -> {
            Optional<Architecture> transformer =
                    base == null ? Optional.empty() : Optional.of(Inspector.base(ImageModel.folder(base)));
            return new Inspector(variant, transformer, values).inspect(ImageModel.folder(path));
        });
        Console.of(spec.commandLine())
                .print(json ? InspectionJson.of(inspection, tensors) : InspectionText.of(inspection, tensors));
        return (inspection.problems().isEmpty() ? ExitCode.OK : ExitCode.CHECK).code();
    }
}
