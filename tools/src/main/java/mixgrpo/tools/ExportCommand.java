package mixgrpo.tools;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tools/export}: networks of a model as files for inference engines. */
@Command(
        customSynopsis = {
            "tools/export onnx --out DIR [OPTIONS]",
            "tools/export engine [OPTIONS]",
            "tools/export verify [OPTIONS]",
            "tools/export single --out FILE [OPTIONS]",
            "tools/export inspect FILE [--json]"
        },
        description =
                "Writes the networks of a model as files for inference engines, says what is in such files, and builds and verifies engines.",
        subcommands = {
            ExportOnnxCommand.class,
            ExportEngineCommand.class,
            ExportVerifyCommand.class,
            ExportSingleCommand.class,
            ExportInspectCommand.class
        },
        commandListHeading = "%nWhat is done:%n",
        footer = {
            "  tools/export onnx --model scenes --out exported",
            "  tools/export inspect exported/transformer/model.onnx",
            "  tools/export verify --component transformer",
            "  tools/export onnx --help"
        })
final class ExportCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw Subcommands.expected(spec, "what to do");
    }
}
