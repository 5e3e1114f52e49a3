package mixgrpo.exporter.onnx;

import java.util.List;
import java.util.Map;
import mixgrpo.models.Network;
import mixgrpo.models.Tensor;
import mixgrpo.models.sd3.PositionTable;
import mixgrpo.models.sd3.Sd3Config;

/**
 * SD3 as diffusers calls it: latents as pictures, which the graph packs and unpacks; the window of the position table, a parameter then, is
 * cut out in the graph, too.
 */
final class Sd3Signature extends Signature {

    private static final String LATENTS = "hidden_states";

    private final Sd3Config config;

    Sd3Signature(Sd3Config config) {
        this.config = config;
    }

    @Override
    Map<String, Tensor> inputs(OnnxScope scope, Network network) {
        Arithmetic arithmetic = new Arithmetic(scope);
        OnnxTensor latents =
                input(scope, LATENTS, Network.Input.floats("", "batch", "" + config.inChannels(), "height", "width"));
        Map<String, Tensor> values = kept(scope, network, "encoder_hidden_states", "pooled_projections");
        OnnxTensor timestep = input(scope, "timestep", Network.Input.floats("", "batch"));
        int patch = config.patchSize();
        // Places first, channels within: turned to channels first, places within, as packed latents are.
        OnnxTensor places = arithmetic.floats(
                "SpaceToDepth",
                Shape.parse(List.of("batch", "" + patch * patch * config.inChannels(), "rows", "columns")),
                List.of(latents.name()),
                Attribute.of("blocksize", patch));
        OnnxTensor packed = places.reshape(0, patch * patch, config.inChannels(), -1)
                .permute(0, 3, 2, 1)
                .reshape(0, 0, (long) config.inChannels() * patch * patch);
        values.put(LATENTS, as(network, LATENTS, packed));
        values.put("timestep_proj", as(network, "timestep_proj", arithmetic.sinusoid(timestep, 1)));
        values.put("position_embedding", as(network, "position_embedding", window(arithmetic, size(arithmetic))));
        return values;
    }

    /** Rows and columns of tokens, int64 {@code [2]}. */
    private OnnxTensor size(Arithmetic arithmetic) {
        OnnxTensor latents = new OnnxTensor(
                arithmetic.scope(),
                LATENTS,
                Shape.parse(List.of("batch", "" + config.inChannels(), "height", "width")),
                ElementType.FLOAT);
        OnnxTensor pixels = arithmetic.extents(latents, 2, 4);
        return arithmetic.longs(
                "Div", Shape.of(2), List.of(pixels.name(), arithmetic.graph().longs(config.patchSize())));
    }

    /** The window in the middle of the table: {@code [rows * columns, C]}. */
    private OnnxTensor window(Arithmetic nodes, OnnxTensor size) {
        int side = config.posEmbedMaxSize();
        OnnxTensor table = nodes.scope()
                .weight(PositionTable.KEY, ElementType.FLOAT, 1, (long) side * side, config.dim())
                .reshape(side, side, config.dim());
        OnnxTensor rest = nodes.longs("Sub", Shape.of(2), List.of(nodes.graph().longs(side), size.name()));
        OnnxTensor start = nodes.longs(
                "Div", Shape.of(2), List.of(rest.name(), nodes.graph().longs(2)));
        OnnxTensor end = nodes.longs("Add", Shape.of(2), List.of(start.name(), size.name()));
        OnnxTensor window = nodes.floats(
                "Slice",
                Shape.parse(List.of("rows", "columns", "" + config.dim())),
                List.of(table.name(), start.name(), end.name(), nodes.graph().longs(0, 1)));
        return window.reshape(-1, config.dim());
    }

    @Override
    String called(Network network, String output) {
        return "out_hidden_states";
    }

    @Override
    OnnxTensor result(OnnxScope scope, OnnxTensor velocity) {
        Arithmetic nodes = new Arithmetic(scope);
        int places = config.patchSize() * config.patchSize();
        OnnxTensor turned = velocity.reshape(0, 0, config.outChannels(), places).permute(0, 3, 2, 1);
        OnnxTensor extents = nodes.longs(
                "Concat",
                Shape.of(4),
                List.of(
                        nodes.graph().longs(0, (long) places * config.outChannels()),
                        size(nodes).name()),
                Attribute.of("axis", 0));
        OnnxTensor picture = nodes.floats(
                "Reshape",
                Shape.parse(List.of("batch", "" + places * config.outChannels(), "rows", "columns")),
                List.of(turned.name(), extents.name()));
        return nodes.floats(
                "DepthToSpace",
                Shape.parse(List.of("batch", "" + config.outChannels(), "height", "width")),
                List.of(picture.name()),
                Attribute.of("blocksize", config.patchSize()),
                Attribute.of("mode", "DCR"));
    }
}
