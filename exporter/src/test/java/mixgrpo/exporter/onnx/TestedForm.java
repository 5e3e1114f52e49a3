package mixgrpo.exporter.onnx;

import java.util.List;

/**
 * One of the forms of a graph that are compared with the reference.
 *
 * @param title in a report
 */
record TestedForm(String title, OnnxOptions options) {

    static final List<TestedForm> ALL = List.of(
            new TestedForm("PORTABLE", OnnxOptions.portable()),
            new TestedForm("PORTABLE, layer norm op", OnnxOptions.portable().withLayerNormOp()),
            new TestedForm("ORT", OnnxOptions.ort()));
}
