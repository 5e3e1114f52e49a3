package mixgrpo.tools;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import mixgrpo.exporter.onnx.Form;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.exporter.onnx.WeightsPlacement;
import mixgrpo.tools.export.ExportSource;
import mixgrpo.tools.export.OnnxExportRun;
import mixgrpo.tools.export.OnnxExportText;
import mixgrpo.tools.export.OnnxRequest;
import mixgrpo.tools.model.AdapterFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tools/export onnx}: the networks of a model as ONNX files. */
@Command(
        name = "onnx",
        customSynopsis = {
            "tools/export onnx --out DIR [--model DIR] [--component NAME[,NAME...]]",
            "    [--form portable|ort] [--precision fp32|fp16|bf16|int8]",
            "    [--weights external|embedded|inputs|source] [--io native|diffusers]",
            "    [--tuned DIR|FILE | --lora FILE[:scale]... [--merge]] [OPTIONS]"
        },
        description = {
            "Writes networks of a model as ONNX: DIR/transformer/model.onnx, DIR/vae_decoder/model.onnx and so on. The batch, tokens or height and"
                    + " width, and the text's length stay open. Initializers are called by their keys in the model's files."
        },
        footer = {
            "  tools/export onnx --model scenes --out exported",
            "  tools/export onnx --model FLUX.1-dev --component transformer --precision bf16 --weights source --io diffusers --out FLUX.1-dev",
            "  tools/export onnx --model scenes --component transformer --lora a.safetensors:0.7 --merge --form ort --out merged"
        })
final class ExportOnnxCommand implements Callable<Integer> {

    /** How layer norm is written. */
    enum LayerNorm {
        OP,
        PRIMITIVE
    }

    @Mixin
    private Shared shared;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions model;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "Folder for the files. Default: none.")
    private Path out;

    @Option(
            names = "--form",
            paramLabel = "FORM",
            defaultValue = "portable",
            description =
                    "portable: operator set 18 (22 with bf16), for TensorRT and all others; ort: operator set 23, faster on ONNX Runtime's CPU. Default: ${DEFAULT-VALUE}.")
    private Form form;

    @Option(
            names = "--precision",
            paramLabel = "PRECISION",
            defaultValue = "fp32",
            description =
                    "Of linear layers, attention and convolutions: fp32, fp16, bf16; int8 makes linear layers 8-bit integers when the file is loaded, for CPUs. All else, inputs and outputs stay fp32. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(
            names = "--weights",
            paramLabel = "WHERE",
            defaultValue = "external",
            description =
                    "external: in a file beside the graph; embedded: in it, up to 2 GiB; inputs: inputs of the graph; source: where they are, in the model's files, so that nothing is copied. Default: ${DEFAULT-VALUE}.")
    private WeightsPlacement placement;

    @Option(
            names = "--io",
            paramLabel = "IO",
            defaultValue = "native",
            description =
                    "native: the inputs of the networks here, with sinusoids and tables; diffusers: those of diffusers' modules, from which the graph makes them. Default: ${DEFAULT-VALUE}.")
    private OnnxRequest.Io io;

    @Option(
            names = "--layer-norm",
            paramLabel = "HOW",
            description =
                    "op: one operator, TensorRT's natural form; primitive: faster on ONNX Runtime's CPU. Default: op with --form portable, primitive with --form ort.")
    private LayerNorm layerNorm;

    @Mixin
    private TunedOption tuned;

    @Option(
            names = "--lora",
            paramLabel = "FILE[:scale]",
            description =
                    "LoRA file for the transformer, and how much of it (1); may be given several times. The file gets an input lora_scale, one number a sample. Default: none.")
    private List<String> adapters = new ArrayList<>();

    @Option(
            names = "--merge",
            description = "Folds adapters into the weights, in float32, so that there is no such input. Default: not.")
    private boolean merge;

    @Option(
            names = "--sha256",
            description =
                    "With --weights source, reads all weights for the hash that the metadata has otherwise. Default: not.")
    private boolean hash;

    @Option(names = "--dry-run", description = "Says what would be written, and writes nothing. Default: not.")
    private boolean dry;

    @Override
    public Integer call() throws Exception {
        boolean layerNormOp = layerNorm == null ? form == Form.PORTABLE : layerNorm == LayerNorm.OP;
        OnnxRequest request = new OnnxRequest(
                new ExportSource(
                        model.selection(),
                        tuned.path(),
                        adapters.stream().map(AdapterFile::parse).toList(),
                        merge),
                new OnnxRequest.Graph(form, precision, layerNormOp, placement, io, hash),
                out,
                dry);
        Console console = Console.of(spec.commandLine());
        new OnnxExportRun(request, Version.ofProject())
                .run(exported -> console.print(OnnxExportText.of(exported, dry)));
        return ExitCode.OK.code();
    }
}
