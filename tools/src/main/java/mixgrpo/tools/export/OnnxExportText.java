package mixgrpo.tools.export;

import java.nio.file.Path;
import java.util.Map;
import mixgrpo.exporter.onnx.OnnxModel;
import mixgrpo.exporter.onnx.OnnxValue;
import mixgrpo.exporter.onnx.WrittenModel;
import mixgrpo.tools.figures.Quantity;

/** What was exported, for people. */
public final class OnnxExportText {

    private static final int SHOWN_KEYS = 5;

    private OnnxExportText() {}

    /** @param dry whether it was only planned */
    public static String of(OnnxExportRun.Exported exported, boolean dry) {
        OnnxModel model = exported.model();
        WrittenModel files = exported.files();
        int nodes =
                model.operators().values().stream().mapToInt(Integer::intValue).sum();
        StringBuilder text = new StringBuilder("%s: %d nodes of operator set %d, %d parameters%n"
                .formatted(
                        exported.part(),
                        nodes,
                        model.opset(),
                        model.parameters().size()));
        for (OnnxValue input : model.inputs()) {
            text.append("  in   %s%n".formatted(input));
        }
        for (OnnxValue output : model.outputs()) {
            text.append("  out  %s%n".formatted(output));
        }
        text.append("  %s %s, %s%n"
                .formatted(dry ? "would write" : "wrote", files.file(), Quantity.bytes(files.graphBytes())));
        if (files.dataBytes() > 0) {
            text.append("  %s the data file beside it, %s%n"
                    .formatted(dry ? "would write" : "wrote", Quantity.bytes(files.dataBytes())));
        }
        for (Map.Entry<Path, Long> source : files.sources().entrySet()) {
            text.append("  points into %s, %s%n".formatted(source.getKey(), Quantity.bytes(source.getValue())));
        }
        if (!files.beside().isEmpty()) {
            int count = files.beside().size();
            text.append(
                    "  %d parameters are at no even address of the model's files, of another type, or computed here, and lie in the data file: %s%s%n"
                            .formatted(
                                    count,
                                    String.join(", ", files.beside().subList(0, Math.min(count, SHOWN_KEYS))),
                                    count > SHOWN_KEYS ? ", ..." : ""));
        }
        files.sha256().ifPresent(hash -> text.append("  sha256 of what was written %s%n".formatted(hash)));
        return text.toString();
    }
}
