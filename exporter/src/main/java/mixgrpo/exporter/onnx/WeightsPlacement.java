package mixgrpo.exporter.onnx;

/** Where the values of an ONNX file's parameters are. */
public enum WeightsPlacement {
    /** In a data file beside it. */
    EXTERNAL,
    /** In it, which ONNX allows up to 2 GiB. */
    EMBEDDED,
    /** Nowhere: every parameter is an input of the graph, under its key. */
    INPUTS,
    /** Where they are already, in the model's own files. What cannot be read there lies in a data file beside it. */
    SOURCE
}
