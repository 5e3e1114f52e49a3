/**
 * Networks as ONNX files: the interpreter that records a {@link mixgrpo.models.Network} as a graph, and the writer of the wire
 * format. Running the graph is left to the engines of {@code runtime}.
 */
package mixgrpo.exporter.onnx;
