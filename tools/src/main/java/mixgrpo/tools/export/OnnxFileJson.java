package mixgrpo.tools.export;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import mixgrpo.exporter.onnx.OnnxFile;

/** What is in an ONNX file, for programs. */
public final class OnnxFileJson {

    private OnnxFileJson() {}

    /** @param tensors whether every initializer is listed */
    public static String of(OnnxFile file, boolean tensors) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("path", file.path().toString())
                .put("bytes", file.bytes())
                .put("ir_version", file.irVersion())
                .put("producer", file.producer())
                .put("graph", file.graph());
        ObjectNode sets = json.putObject("operator_sets");
        file.operatorSets().forEach(sets::put);
        ports(json.putArray("inputs"), file.inputs());
        ports(json.putArray("outputs"), file.outputs());
        ObjectNode operators = json.put("nodes", file.nodes()).putObject("operators");
        file.operators().forEach(operators::put);
        json.put("initializers", file.initializers().size());
        ObjectNode types = json.putObject("bytes_by_type");
        file.bytesByType().forEach((type, bytes) -> types.put(type.toString(), bytes));
        ObjectNode files = json.putObject("external_files");
        file.bytesByLocation().forEach(files::put);
        ObjectNode metadata = json.putObject("metadata");
        file.metadata().forEach(metadata::put);
        file.problems().forEach(json.putArray("problems")::add);
        if (tensors) {
            ArrayNode all = json.putArray("tensors");
            for (OnnxFile.Initializer initializer : file.initializers()) {
                ObjectNode tensor = all.addObject()
                        .put("name", initializer.name())
                        .put("type", initializer.type().toString())
                        .put("bytes", initializer.bytes());
                ArrayNode shape = tensor.putArray("shape");
                for (long extent : initializer.shape()) {
                    shape.add(extent);
                }
                if (initializer.location() != null) {
                    tensor.put("location", initializer.location()).put("offset", initializer.offset());
                }
            }
        }
        return json.toPrettyString() + System.lineSeparator();
    }

    private static void ports(ArrayNode array, List<OnnxFile.Port> ports) {
        for (OnnxFile.Port port : ports) {
            ArrayNode axes = array.addObject()
                    .put("name", port.name())
                    .put("type", port.type())
                    .putArray("axes");
            port.axes().forEach(axes::add);
        }
    }
}
