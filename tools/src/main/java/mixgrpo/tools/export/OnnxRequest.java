package mixgrpo.tools.export;

import java.nio.file.Path;
import mixgrpo.exporter.onnx.Form;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.exporter.onnx.WeightsPlacement;

/**
 * What a call of {@code tools/export onnx} asks for. Everything that can be told to be wrong without a model is refused here.
 *
 * @param source what is exported
 * @param graph how it is written
 * @param out folder that gets one folder for each part
 * @param dry whether nothing is written
 */
public record OnnxRequest(ExportSource source, Graph graph, Path out, boolean dry) {

    /** Whose inputs and outputs a file has. */
    public enum Io {
        /** Those of the networks here. */
        NATIVE,
        /** Those of diffusers' modules. */
        DIFFUSERS
    }

    /**
     * How a network is written.
     *
     * @param layerNormOp whether layer norm is one operator
     * @param hash whether weights that are only pointed to are read for their SHA-256
     */
    public record Graph(
            Form form, Precision precision, boolean layerNormOp, WeightsPlacement placement, Io io, boolean hash) {

        public Graph {
            if (precision == Precision.INT8 && placement == WeightsPlacement.INPUTS) {
                throw new IllegalArgumentException(
                        "--precision int8 with --weights inputs: integers are made of constant weights when a graph is loaded, and inputs would be quantized in every pass; choose --weights external, embedded or source");
            }
            if (hash && placement != WeightsPlacement.SOURCE) {
                throw new IllegalArgumentException(
                        "--sha256: expected with --weights source, where nothing else reads the weights; otherwise they are hashed when they are written");
            }
        }
    }
}
