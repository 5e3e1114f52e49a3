package mixgrpo.tools.inspect;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import mixgrpo.models.weights.Dtype;
import mixgrpo.tools.figures.Quantity;
import mixgrpo.tools.figures.Word;

/** An inspection for people. */
public final class InspectionText {

    private InspectionText() {}

    /** @param tensors whether every array is listed */
    public static String of(Inspection inspection, boolean tensors) {
        StringBuilder text = new StringBuilder("%s: %s%n".formatted(inspection.path(), inspection.kind()));
        int name = width(inspection, true);
        int type = width(inspection, false);
        for (Part part : inspection.parts()) {
            String weights =
                    switch (part.container()) {
                        case "" -> "no weights";
                        case Part.UNUSED -> Part.UNUSED;
                        default ->
                            "%10s parameters %10s  %s  %s"
                                    .formatted(
                                            Quantity.count(part.parameters()),
                                            Quantity.bytes(part.bytes()),
                                            dtypes(part),
                                            part.container());
                    };
            text.append(("  %-" + name + "s  %-" + type + "s  %s%n").formatted(part.name(), part.className(), weights));
            if (tensors) {
                part.tensors()
                        .forEach((key, tensor) -> text.append(
                                "    %s  %s %s%n".formatted(key, tensor.dtype(), Arrays.toString(tensor.shape()))));
            }
        }
        inspection.remarks().forEach(remark -> text.append("  %s%n".formatted(remark)));
        inspection.problems().forEach(problem -> text.append("PROBLEM %s%n".formatted(problem)));
        inspection.memory().ifPresent(memory -> memory(memory, text));
        return text.toString();
    }

    private static int width(Inspection inspection, boolean name) {
        return inspection.parts().stream()
                .mapToInt(part -> (name ? part.name() : part.className()).length())
                .max()
                .orElse(1);
    }

    private static void memory(MemoryNeeds memory, StringBuilder text) {
        text.append("needs about, for tools/sample at %s and tools/train %s, by the precision of the engines:%n"
                .formatted(memory.size(), memory.training()));
        text.append("  %-16s".formatted(""));
        memory.bytes()
                .keySet()
                .forEach(precision ->
                        text.append("%12s".formatted(Word.of(precision) + (MemoryNeeds.onCpu(precision) ? "" : "*"))));
        text.append(System.lineSeparator());
        for (MemoryNeeds.Use use : MemoryNeeds.Use.values()) {
            text.append("  %-16s".formatted(use.title()));
            memory.bytes().values().forEach(needs -> text.append("%12s".formatted(Quantity.bytes(needs.get(use)))));
            text.append(System.lineSeparator());
        }
        if (!memory.bytes().keySet().stream().allMatch(MemoryNeeds::onCpu)) {
            text.append("  * not on a CPU%n".formatted());
        }
    }

    private static String dtypes(Part part) {
        return part.dtypes().size() == 1
                ? part.dtypes().keySet().iterator().next().toString()
                : part.dtypes().entrySet().stream()
                        .sorted(Map.Entry.<Dtype, Long>comparingByValue().reversed())
                        .map(entry -> "%s %s".formatted(Quantity.count(entry.getValue()), entry.getKey()))
                        .collect(Collectors.joining(", "));
    }
}
