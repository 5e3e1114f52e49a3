package mixgrpo.tools;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import mixgrpo.models.weights.Dtype;
import mixgrpo.tools.export.ExportSource;
import mixgrpo.tools.export.ModelPart;
import mixgrpo.tools.export.ModelSelection;
import mixgrpo.tools.export.SingleFileExport;
import mixgrpo.tools.figures.Quantity;
import mixgrpo.tools.model.AdapterFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tools/export single}: a transformer as one file of weights. */
@Command(
        name = "single",
        customSynopsis = {
            "tools/export single --out FILE [--model DIR] [--variant NAME]",
            "    [--tuned DIR|FILE | --lora FILE[:scale]...] [--precision fp32|fp16|bf16]"
        },
        description = {
            "Writes a FLUX.1 transformer into one .safetensors file with the keys of Black Forest Labs (double_blocks...), as ComfyUI loads it and"
                    + " tools/sample --tuned takes it. Adapters are folded in, in float32."
        },
        footer = {
            "  tools/export single --model FLUX.1-dev --lora style.safetensors:0.7 --out flux1-dev-style.safetensors",
            "  tools/export single --model scenes --tuned runs/quickstart --out tuned.safetensors"
        })
final class ExportSingleCommand implements Callable<Integer> {

    /** Formats of a file's numbers. */
    enum Format {
        FP32(Dtype.F32),
        FP16(Dtype.F16),
        BF16(Dtype.BF16);

        private final Dtype dtype;

        Format(Dtype dtype) {
            this.dtype = dtype;
        }
    }

    @Mixin
    private Shared shared;

    @Spec
    private CommandSpec spec;

    @Mixin
    private FolderOptions model;

    @Mixin
    private TunedOption tuned;

    @Option(
            names = "--lora",
            paramLabel = "FILE[:scale]",
            description = "LoRA file to fold in, and how much of it (1); may be given several times. Default: none.")
    private List<String> adapters = new ArrayList<>();

    @Option(
            names = "--precision",
            paramLabel = "fp32|fp16|bf16",
            defaultValue = "bf16",
            description = "Of the file's numbers. Default: ${DEFAULT-VALUE}.")
    private Format format;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            required = true,
            description = "The file, which is replaced if it exists. Default: none.")
    private Path out;

    @Override
    public Integer call() throws Exception {
        new OutputFile("--out", out).check();
        ModelSelection transformer = model.selection(List.of(ModelPart.TRANSFORMER));
        List<AdapterFile> files = adapters.stream().map(AdapterFile::parse).toList();
        new SingleFileExport(new ExportSource(transformer, tuned.path(), files, !files.isEmpty()), format.dtype, out)
                .run();
        Console.of(spec.commandLine()).print("%s: %s%n".formatted(out, Quantity.bytes(Files.size(out))));
        return ExitCode.OK.code();
    }
}
