package mixgrpo.tools;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import mixgrpo.exporter.onnx.OnnxFile;
import mixgrpo.tools.export.OnnxFileJson;
import mixgrpo.tools.export.OnnxFileText;
import mixgrpo.tools.export.PlanFile;
import mixgrpo.tools.failure.GivenException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tools/export inspect}: what is in an exported file. */
@Command(
        name = "inspect",
        customSynopsis = "tools/export inspect FILE.onnx|FILE.plan [--tensors] [--json]",
        description = {
            "Says what is in an ONNX file of anyone: inputs, outputs, nodes by operator, initializers, files that hold their values, metadata.",
            "Of a TensorRT plan (.plan, .engine, .trt): its size and what the cache notes beside it; its layers, too, where TensorRT can run.",
            "Reads no weights. Code 3 if files are missing or too short, or lie where ONNX Runtime does not read them."
        },
        footer = {"  tools/export inspect exported/transformer/model.onnx", "  tools/export inspect model.onnx --json"})
final class ExportInspectCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "What to look at.")
    private Path path;

    @Option(names = "--tensors", description = "List every initializer. Default: sums only.")
    private boolean tensors;

    @Option(names = "--json", description = "Print JSON. Default: text.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        if (PlanFile.isPlan(path)) {
            PlanFile plan = GivenException.reading(() -> PlanFile.read(path));
            Console.of(spec.commandLine()).print(json ? plan.json() : plan.text());
            return ExitCode.OK.code();
        }
        OnnxFile file = GivenException.reading(() -> OnnxFile.read(path));
        Console.of(spec.commandLine()).print(json ? OnnxFileJson.of(file, tensors) : OnnxFileText.of(file, tensors));
        return (file.problems().isEmpty() ? ExitCode.OK : ExitCode.CHECK).code();
    }
}
