package mixgrpo.tools.export;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import mixgrpo.exporter.onnx.OnnxFile;
import mixgrpo.models.weights.Problems;
import mixgrpo.tools.figures.Quantity;

/** What is in an ONNX file, for people. */
public final class OnnxFileText {

    private OnnxFileText() {}

    /** @param tensors whether every initializer is listed */
    public static String of(OnnxFile file, boolean tensors) {
        StringBuilder text = new StringBuilder();
        text.append("%s: ONNX, version %d of the format, operator set %s, graph %s, by %s%n"
                .formatted(
                        file.path(),
                        file.irVersion(),
                        sets(file),
                        Problems.quoted(file.graph()),
                        Problems.quoted(file.producer())));
        file.inputs().forEach(input -> text.append("  in   %s%n".formatted(port(input))));
        file.outputs().forEach(output -> text.append("  out  %s%n".formatted(port(output))));
        text.append("  %d nodes: %s%n"
                .formatted(
                        file.nodes(),
                        file.operators().entrySet().stream()
                                .sorted(Map.Entry.<String, Integer>comparingByValue()
                                        .reversed())
                                .map(entry -> "%d %s".formatted(entry.getValue(), Problems.printable(entry.getKey())))
                                .collect(Collectors.joining(", "))));
        text.append("  %d initializers: %s%n"
                .formatted(
                        file.initializers().size(),
                        file.bytesByType().entrySet().stream()
                                .map(entry -> "%s %s".formatted(entry.getKey(), Quantity.bytes(entry.getValue())))
                                .collect(Collectors.joining(", "))));
        text.append("  the file itself %s%n".formatted(Quantity.bytes(file.bytes())));
        file.bytesByLocation()
                .forEach((location, bytes) -> text.append(
                        "  values in %s, %s%n".formatted(Problems.printable(location), Quantity.bytes(bytes))));
        if (tensors) {
            file.initializers()
                    .forEach(initializer -> text.append("    %s  %s %s%s%n"
                            .formatted(
                                    Problems.printable(initializer.name()),
                                    initializer.type(),
                                    Arrays.toString(initializer.shape()),
                                    initializer.location() == null
                                            ? ""
                                            : "  %s at %d"
                                                    .formatted(
                                                            Problems.printable(initializer.location()),
                                                            initializer.offset()))));
        }
        file.metadata()
                .forEach((key, value) ->
                        text.append("  %s: %s%n".formatted(Problems.printable(key), Problems.printable(value))));
        file.problems().forEach(problem -> text.append("PROBLEM %s%n".formatted(problem)));
        return text.toString();
    }

    private static String sets(OnnxFile file) {
        return file.operatorSets().entrySet().stream()
                .map(entry ->
                        (entry.getKey().isEmpty() ? "" : Problems.printable(entry.getKey()) + " ") + entry.getValue())
                .collect(Collectors.joining(", "));
    }

    private static String port(OnnxFile.Port port) {
        return "%s %s%s"
                .formatted(
                        Problems.printable(port.name()),
                        port.type(),
                        port.axes().stream().map(Problems::printable).toList());
    }
}
