package mixgrpo.tools.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import mixgrpo.exporter.onnx.OnnxExport;
import mixgrpo.exporter.onnx.OnnxModel;
import mixgrpo.exporter.onnx.OnnxOptions;
import mixgrpo.exporter.onnx.Signature;
import mixgrpo.exporter.onnx.WeightsPlacement;
import mixgrpo.exporter.onnx.WrittenModel;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.Weights;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.AdapterFile;
import mixgrpo.tools.run.WritableFolder;

/**
 * Writes the networks of a model as ONNX, one folder each, one after the other.
 *
 * @param version of the program, for the files' metadata
 */
public record OnnxExportRun(OnnxRequest request, String version) {

    /** A network and what was made of it. */
    public record Exported(ModelPart part, OnnxModel model, WrittenModel files) {}

    /**
     * Exports all that is asked for, or with a dry run says what would be.
     *
     * @param done is told of each part when it is finished
     * @throws GivenException if a model's file cannot be understood, it has no such part, or the folder cannot be written to
     * @throws IllegalArgumentException if weights do not fit
     */
    public void run(Consumer<Exported> done) throws IOException {
        ModelSelection selection = request.source().selection();
        ModelFolder model = selection.open();
        List<ModelPart> parts = selection.in(model);
        WritableFolder.refusal(request.out()).ifPresent(reason -> {
            throw new GivenException("--out %s: cannot be written, %s".formatted(request.out(), reason));
        });
        for (ModelPart part : parts) {
            try (PartSource open = GivenException.reading(() -> request.source().open(model, part))) {
                done.accept(export(open));
            }
        }
    }

    private Exported export(PartSource source) throws IOException {
        OnnxRequest.Graph graph = request.graph();
        Weights weights = source.weights();
        Map<String, String> metadata = metadata(source.part());
        OnnxOptions options = OnnxOptions.of(graph.form()).withPrecision(graph.precision());
        options = graph.layerNormOp() ? options.withLayerNormOp() : options;
        options = graph.placement() == WeightsPlacement.SOURCE ? options.withTypesOf(weights) : options;
        options = options.withAdaptersOf(weights.shapes()).withMetadata(metadata);
        Signature signature = graph.io() == OnnxRequest.Io.DIFFUSERS ? source.diffusers() : Signature.ofNetwork();
        OnnxModel model = OnnxExport.of(source.network(), options, signature);
        if (graph.hash() && !request.dry()) {
            metadata.put(OnnxModel.SHA256, model.sha256(weights));
            model = OnnxExport.of(source.network(), options.withMetadata(metadata), signature);
        }
        Path dir = request.out().resolve(source.part().outputFolder());
        WrittenModel files = request.dry()
                ? model.plan(dir, weights, graph.placement())
                : model.write(dir, weights, graph.placement());
        return new Exported(source.part(), model, files);
    }

    private Map<String, String> metadata(ModelPart part) {
        ExportSource source = request.source();
        OnnxRequest.Graph graph = request.graph();
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("source", source.selection().model());
        metadata.put("component", part.toString());
        if (part == ModelPart.TRANSFORMER && source.tuned() != null) {
            metadata.put("tuned", source.tuned().toString());
        }
        if (part == ModelPart.TRANSFORMER && !source.adapters().isEmpty()) {
            metadata.put("lora", AdapterFile.words(source.adapters()) + (source.merge() ? ", merged" : ""));
        }
        metadata.put("precision", Word.of(graph.precision()));
        metadata.put("form", Word.of(graph.form()));
        metadata.put("io", Word.of(graph.io()));
        metadata.put("weights", Word.of(graph.placement()));
        metadata.put("version", version);
        return metadata;
    }
}
