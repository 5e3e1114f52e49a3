package mixgrpo.models.flux;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mixgrpo.models.weights.StackedRows.Rows;

/**
 * A layer as Black Forest Labs' files name it ({@code double_blocks.0.img_attn.qkv}) and the layers of diffusers that it is:
 * its outputs, the rows of its weight and bias, are theirs one below the other. ComfyUI uses the same names, kohya's adapters
 * use them with underscores. After diffusers' converter (0.35, loaders/single_file_utils.py).
 *
 * @param name with dots
 * @param paths of diffusers' layers, in the order of the rows
 */
public record BflLayer(String name, List<String> paths) {

    private static final Pattern IN_BLOCK = Pattern.compile("(double|single)_blocks[._](\\d{1,4})[._](.+)");
    private static final String FINAL_MODULATION = "final_layer.adaLN_modulation.1";
    private static final Map<String, BflLayer> DOUBLE = table(
            of("img_attn.qkv", "attn.to_q", "attn.to_k", "attn.to_v"),
            of("img_attn.proj", "attn.to_out.0"),
            of("img_attn.norm.query_norm", "attn.norm_q"),
            of("img_attn.norm.key_norm", "attn.norm_k"),
            of("img_mlp.0", "ff.net.0.proj"),
            of("img_mlp.2", "ff.net.2"),
            of("img_mod.lin", "norm1.linear"),
            of("txt_attn.qkv", "attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"),
            of("txt_attn.proj", "attn.to_add_out"),
            of("txt_attn.norm.query_norm", "attn.norm_added_q"),
            of("txt_attn.norm.key_norm", "attn.norm_added_k"),
            of("txt_mlp.0", "ff_context.net.0.proj"),
            of("txt_mlp.2", "ff_context.net.2"),
            of("txt_mod.lin", "norm1_context.linear"));
    private static final Map<String, BflLayer> SINGLE = table(
            of("linear1", "attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp"),
            of("linear2", "proj_out"),
            of("modulation.lin", "norm.linear"),
            of("norm.query_norm", "attn.norm_q"),
            of("norm.key_norm", "attn.norm_k"));
    private static final Map<String, BflLayer> ENDS = table(
            of("img_in", "x_embedder"),
            of("txt_in", "context_embedder"),
            of("time_in.in_layer", "time_text_embed.timestep_embedder.linear_1"),
            of("time_in.out_layer", "time_text_embed.timestep_embedder.linear_2"),
            of("guidance_in.in_layer", "time_text_embed.guidance_embedder.linear_1"),
            of("guidance_in.out_layer", "time_text_embed.guidance_embedder.linear_2"),
            of("vector_in.in_layer", "time_text_embed.text_embedder.linear_1"),
            of("vector_in.out_layer", "time_text_embed.text_embedder.linear_2"),
            of(FINAL_MODULATION, "norm_out.linear"),
            of("final_layer.linear", "proj_out"));

    private static BflLayer of(String name, String... paths) {
        return new BflLayer(name, List.of(paths));
    }

    private static Map<String, BflLayer> table(BflLayer... layers) {
        Map<String, BflLayer> table = new LinkedHashMap<>();
        for (BflLayer layer : layers) {
            table.put(layer.name().replace('.', '_'), layer);
        }
        return table;
    }

    /** The layer that a file means by {@code name}, with dots or with underscores. */
    public static Optional<BflLayer> named(String name) {
        Matcher block = IN_BLOCK.matcher(name);
        if (!block.matches()) {
            return Optional.ofNullable(ENDS.get(name.replace('.', '_')));
        }
        boolean isDouble = block.group(1).equals("double");
        BflLayer layer = (isDouble ? DOUBLE : SINGLE).get(block.group(3).replace('.', '_'));
        return Optional.ofNullable(layer).map(l -> l.in(isDouble, Integer.parseInt(block.group(2))));
    }

    /** All layers of a network, those of the guidance embedding among them. */
    static List<BflLayer> all(int doubleBlocks, int singleBlocks) {
        List<BflLayer> layers = new ArrayList<>(ENDS.values());
        for (int i = 0; i < doubleBlocks; i++) {
            for (BflLayer layer : DOUBLE.values()) {
                layers.add(layer.in(true, i));
            }
        }
        for (int i = 0; i < singleBlocks; i++) {
            for (BflLayer layer : SINGLE.values()) {
                layers.add(layer.in(false, i));
            }
        }
        return layers;
    }

    private BflLayer in(boolean isDouble, int index) {
        String block = (isDouble ? "transformer_blocks." : "single_transformer_blocks.") + index + ".";
        return new BflLayer(
                (isDouble ? "double_blocks." : "single_blocks.") + index + "." + name,
                paths.stream().map(path -> block + path).toList());
    }

    /** Whether its halves (shift and scale) are the other way round in diffusers (scale and shift). */
    private boolean isExchanged() {
        return name.equals(FINAL_MODULATION);
    }

    /**
     * The rows of each of diffusers' layers, by its path.
     *
     * @param key of this layer's array
     * @param rows it has
     */
    public Map<String, List<Rows>> split(String key, long rows) {
        Map<String, List<Rows>> split = new LinkedHashMap<>();
        if (isExchanged()) {
            split.put(paths.get(0), exchanged(key, rows));
            return split;
        }
        long unit = rows / paths.stream().mapToLong(BflLayer::units).sum();
        long first = 0;
        for (String path : paths) {
            split.put(path, List.of(new Rows(key, first, unit * units(path))));
            first += unit * units(path);
        }
        return split;
    }

    /** The widths of the layers that are fused are equal, but for the MLP's, which is four times that of attention. */
    private static long units(String path) {
        return path.endsWith(".proj_mlp") ? 4 : 1;
    }

    /**
     * The rows of diffusers' arrays that this layer's consists of.
     *
     * @param suffix of diffusers' keys, {@code .weight}
     * @param shapes of diffusers' arrays
     */
    List<Rows> joined(String suffix, Map<String, long[]> shapes) {
        List<Rows> joined = new ArrayList<>();
        for (String path : paths) {
            String key = path + suffix;
            long rows = shapes.get(key)[0];
            joined.addAll(isExchanged() ? exchanged(key, rows) : List.of(new Rows(key, 0, rows)));
        }
        return joined;
    }

    private static List<Rows> exchanged(String key, long rows) {
        return List.of(new Rows(key, rows / 2, rows - rows / 2), new Rows(key, 0, rows / 2));
    }
}
