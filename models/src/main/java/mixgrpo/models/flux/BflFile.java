package mixgrpo.models.flux;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import mixgrpo.models.Inventory;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.Problems;
import mixgrpo.models.weights.SafetensorsWriter;
import mixgrpo.models.weights.StackedRows;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.models.weights.WeightsFile;

/**
 * A FLUX.1 transformer in one file with the keys of Black Forest Labs, as ComfyUI loads it: fused queries, keys and values,
 * shift before scale in the last layer. Read and written as what diffusers has in its folder.
 *
 * @param config from the shapes
 * @param weights a view of the file with diffusers' keys; the file must stay open
 * @param others arrays of the file that belong to something else, a text encoder of an all-in-one checkpoint, say
 */
public record BflFile(FluxConfig config, Weights weights, List<String> others) {

    private static final String PREFIX = "model.diffusion_model.";
    private static final String AXES = "axes_dims_rope";
    private static final int STANDARD_HEAD = 128;

    /** Whether these are keys of such a file. */
    public static boolean matches(Weights weights) {
        return weights.shapes().keySet().stream()
                .anyMatch(
                        key -> key.matches("(model\\.diffusion_model\\.)?double_blocks\\.0\\.img_attn\\.qkv\\.weight"));
    }

    /**
     * The transformer in {@code file}.
     *
     * @throws IllegalArgumentException if it is none or not a whole one; names all that is missing, left over or misshapen
     */
    public static BflFile of(WeightsFile file) {
        return of(file, null);
    }

    /**
     * The transformer in {@code file}, which shall have these sizes.
     *
     * @param sizes of a {@code config.json}, for instance
     * @throws IllegalArgumentException if it is none, or has others; names all that is missing, left over or misshapen
     */
    public static BflFile of(WeightsFile file, FluxConfig sizes) {
        String source = file.path().toString();
        if (!matches(file)) {
            throw new IllegalArgumentException(
                    "%s: expected a FLUX.1 transformer with keys like double_blocks.0.img_attn.qkv.weight, got %d arrays like %s"
                            .formatted(
                                    source,
                                    file.shapes().size(),
                                    file.shapes().keySet().stream()
                                            .limit(3)
                                            .map(Problems::quoted)
                                            .toList()));
        }
        String prefix = file.shapes().keySet().stream().anyMatch(key -> key.startsWith(PREFIX)) ? PREFIX : "";
        Map<String, long[]> own = new LinkedHashMap<>();
        List<String> others = new ArrayList<>();
        file.shapes().forEach((key, shape) -> {
            if (key.startsWith(prefix)) {
                own.put(key.substring(prefix.length()), shape);
            } else {
                others.add(key);
            }
        });
        FluxConfig config =
                sizes == null ? new Shapes(own, source).config(file.metadata().get(AXES)) : sizes;
        Map<String, long[]> diffusers = Inventory.parameters(FluxTransformer.of(config));
        Map<String, List<StackedRows.Rows>> parts = new LinkedHashMap<>();
        Map<String, long[]> expected = new LinkedHashMap<>();
        forEachArray(config, diffusers, (layer, theirs, ours) -> {
            long[] shape = joinedShape(layer, ours, diffusers);
            expected.put(theirs, shape);
            layer.split(prefix + theirs, shape[0]).forEach((path, rows) -> parts.put(path + ours, rows));
        });
        WeightsCheck.same(expected, own, source);
        Map<String, List<StackedRows.Rows>> ordered = new LinkedHashMap<>();
        diffusers.keySet().forEach(key -> ordered.put(key, parts.get(key)));
        return new BflFile(config, new StackedRows(file, ordered), others);
    }

    /**
     * Writes a transformer with BFL's keys, without a prefix.
     *
     * @param weights with diffusers' keys
     * @param dtype F32, F16 or BF16
     * @throws IllegalArgumentException if the weights are not those of {@code config}; names all that is wrong
     */
    public static void write(Path file, FluxConfig config, Weights weights, Dtype dtype) throws IOException {
        Map<String, long[]> diffusers = Inventory.parameters(FluxTransformer.of(config));
        WeightsCheck.same(diffusers, weights, "the transformer for " + file);
        Map<String, List<StackedRows.Rows>> parts = new LinkedHashMap<>();
        forEachArray(config, diffusers, (layer, theirs, ours) -> parts.put(theirs, layer.joined(ours, diffusers)));
        String axes = config.axesDimsRope().stream().map(String::valueOf).collect(Collectors.joining(","));
        SafetensorsWriter.write(file, new StackedRows(weights, parts), dtype, Map.of(AXES, axes, "format", "pt"));
    }

    private interface ArrayOfLayer {
        /**
         * @param theirs key of BFL's array
         * @param ours ending of the keys of diffusers' arrays
         */
        void take(BflLayer layer, String theirs, String ours);
    }

    private static void forEachArray(FluxConfig config, Map<String, long[]> diffusers, ArrayOfLayer sink) {
        for (BflLayer layer : BflLayer.all(config.numLayers(), config.numSingleLayers())) {
            String first = layer.paths().get(0);
            if (diffusers.containsKey(first + ".bias")) {
                sink.take(layer, layer.name() + ".weight", ".weight");
                sink.take(layer, layer.name() + ".bias", ".bias");
            } else if (diffusers.containsKey(first + ".weight")) { // a norm
                sink.take(layer, layer.name() + ".scale", ".weight");
            } // else the network has no such layer: guidance
        }
    }

    private static long[] joinedShape(BflLayer layer, String suffix, Map<String, long[]> diffusers) {
        long[] shape = diffusers.get(layer.paths().get(0) + suffix).clone();
        shape[0] = layer.joined(suffix, diffusers).stream()
                .mapToLong(StackedRows.Rows::count)
                .sum();
        return shape;
    }

    /** What the shapes of a file say about its network. */
    private record Shapes(Map<String, long[]> shapes, String source) {

        FluxConfig config(String axes) {
            int head = extent("double_blocks.0.img_attn.norm.query_norm.scale", 0);
            int dim = extent("img_in.weight", 0);
            if (head == 0 || dim % head != 0) {
                throw new IllegalArgumentException(
                        "%s: a width of %d is no multiple of the heads' %d".formatted(source, dim, head));
            }
            return new FluxConfig(
                    extent("img_in.weight", 1),
                    extent("final_layer.linear.weight", 0),
                    blocks("double_blocks."),
                    blocks("single_blocks."),
                    head,
                    dim / head,
                    extent("txt_in.weight", 1),
                    extent("vector_in.in_layer.weight", 1),
                    shapes.containsKey("guidance_in.in_layer.weight"),
                    axes(axes, head));
        }

        private List<Integer> axes(String given, int head) {
            if (given != null && given.matches("\\d{1,4}(,\\d{1,4}){0,7}")) {
                return Arrays.stream(given.split(",")).map(Integer::valueOf).toList();
            }
            if (given == null && head == STANDARD_HEAD) {
                return FluxConfig.STANDARD_AXES;
            }
            throw new IllegalArgumentException(
                    "%s: heads of %d channels: shapes do not tell how rotary positions share them; expected %s in the header's metadata, as '16,56,56', got %s"
                            .formatted(source, head, AXES, given == null ? "nothing" : Problems.quoted(given)));
        }

        private int blocks(String prefix) {
            return shapes.keySet().stream()
                    .filter(key -> key.startsWith(prefix))
                    .map(key -> key.substring(prefix.length()).split("\\.", 2)[0])
                    .filter(index -> index.matches("\\d{1,4}"))
                    .mapToInt(index -> Integer.parseInt(index) + 1)
                    .max()
                    .orElse(0);
        }

        private int extent(String key, int axis) {
            long[] shape = shapes.get(key);
            if (shape == null || shape.length <= axis) {
                throw new IllegalArgumentException("%s: its sizes are unknown without %s, which is %s"
                        .formatted(source, key, shape == null ? "missing" : "of shape " + Arrays.toString(shape)));
            }
            return Math.toIntExact(shape[axis]);
        }
    }
}
