package mixgrpo.tools.inspect;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import mixgrpo.tools.figures.Word;

/** An inspection for programs. */
public final class InspectionJson {

    private InspectionJson() {}

    /** @param tensors whether every array is listed */
    public static String of(Inspection inspection, boolean tensors) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("path", inspection.path().toString()).put("kind", inspection.kind());
        ArrayNode parts = json.putArray("parts");
        for (Part part : inspection.parts()) {
            ObjectNode node = parts.addObject();
            node.put("name", part.name()).put("class", part.className()).put("container", part.container());
            node.put("arrays", part.tensors().size())
                    .put("parameters", part.parameters())
                    .put("bytes", part.bytes());
            ObjectNode dtypes = node.putObject("dtypes");
            part.dtypes().forEach((dtype, count) -> dtypes.put(dtype.name(), count));
            part.problems().forEach(node.putArray("problems")::add);
            if (tensors) {
                ObjectNode all = node.putObject("tensors");
                part.tensors().forEach((key, tensor) -> {
                    ArrayNode shape = all.putObject(key)
                            .put("dtype", tensor.dtype().name())
                            .putArray("shape");
                    for (long extent : tensor.shape()) {
                        shape.add(extent);
                    }
                });
            }
        }
        inspection.problems().forEach(json.putArray("problems")::add);
        inspection.remarks().forEach(json.putArray("remarks")::add);
        inspection.memory().ifPresent(memory -> {
            ObjectNode needs = json.putObject("memory");
            memory.bytes().forEach((precision, uses) -> {
                ObjectNode of = needs.putObject(Word.of(precision));
                of.put("on_cpu", MemoryNeeds.onCpu(precision));
                uses.forEach((use, bytes) -> of.put(use.name().toLowerCase(Locale.ROOT), bytes));
            });
        });
        return json.toPrettyString() + System.lineSeparator();
    }
}
