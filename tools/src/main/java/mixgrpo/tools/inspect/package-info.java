/**
 * What is in a model folder or a weights file, and what it would need to be sampled, trained and exported. Reads headers; values
 * only where asked to. Engines and ONNX files are left to the exporter's tools.
 */
package mixgrpo.tools.inspect;
