package mixgrpo.models.sd3;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import mixgrpo.models.weights.StackedRows.Rows;

/**
 * A linear layer as Stability AI's MMDiT names it ({@code joint_blocks.0.x_block.attn.qkv}) and the layers of diffusers that it is: its
 * outputs are theirs one below the other. ComfyUI's adapters use the same names, kohya's (sd-scripts' networks/lora_sd3.py) use them with
 * underscores. After diffusers' converter (0.35, loaders/single_file_utils.py, convert_sd3_transformer_checkpoint_to_diffusers). The last
 * layers, {@code final_layer...}, are called as Black Forest Labs' are and mean the same.
 *
 * @param name with dots
 * @param paths of diffusers' layers, in the order of the rows
 */
public record MmditLayer(String name, List<String> paths) {

    private static final Pattern IN_BLOCK = Pattern.compile("joint_blocks[._](\\d{1,4})[._](.+)");
    private static final String TEXT_MODULATION = "context_block.adaLN_modulation.1";
    private static final Map<String, MmditLayer> BLOCK = table(Map.ofEntries(
            Map.entry("x_block.attn.qkv", List.of("attn.to_q", "attn.to_k", "attn.to_v")),
            Map.entry("x_block.attn.proj", List.of("attn.to_out.0")),
            Map.entry("x_block.attn2.qkv", List.of("attn2.to_q", "attn2.to_k", "attn2.to_v")),
            Map.entry("x_block.attn2.proj", List.of("attn2.to_out.0")),
            Map.entry("x_block.mlp.fc1", List.of("ff.net.0.proj")),
            Map.entry("x_block.mlp.fc2", List.of("ff.net.2")),
            Map.entry("x_block.adaLN_modulation.1", List.of("norm1.linear")),
            Map.entry("context_block.attn.qkv", List.of("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj")),
            Map.entry("context_block.attn.proj", List.of("attn.to_add_out")),
            Map.entry("context_block.mlp.fc1", List.of("ff_context.net.0.proj")),
            Map.entry("context_block.mlp.fc2", List.of("ff_context.net.2")),
            Map.entry(TEXT_MODULATION, List.of("norm1_context.linear"))));
    private static final Map<String, MmditLayer> ENDS = table(Map.of(
            "context_embedder", List.of("context_embedder"),
            "t_embedder.mlp.0", List.of("time_text_embed.timestep_embedder.linear_1"),
            "t_embedder.mlp.2", List.of("time_text_embed.timestep_embedder.linear_2"),
            "y_embedder.mlp.0", List.of("time_text_embed.text_embedder.linear_1"),
            "y_embedder.mlp.2", List.of("time_text_embed.text_embedder.linear_2")));

    private static Map<String, MmditLayer> table(Map<String, List<String>> layers) {
        return layers.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        layer -> layer.getKey().replace('.', '_'),
                        layer -> new MmditLayer(layer.getKey(), layer.getValue())));
    }

    /** The layer that a file means by {@code name}, with dots or with underscores. */
    public static Optional<MmditLayer> named(String name) {
        Matcher block = IN_BLOCK.matcher(name);
        if (!block.matches()) {
            return Optional.ofNullable(ENDS.get(name.replace('.', '_')));
        }
        int index = Integer.parseInt(block.group(1));
        return Optional.ofNullable(BLOCK.get(block.group(2).replace('.', '_'))).map(layer -> layer.in(index));
    }

    private MmditLayer in(int index) {
        return new MmditLayer(
                "joint_blocks.%d.%s".formatted(index, name),
                paths.stream()
                        .map(path -> "transformer_blocks.%d.%s".formatted(index, path))
                        .toList());
    }

    /**
     * The rows of each of diffusers' layers, by its path.
     *
     * @param key of this layer's array
     * @param rows it has
     * @param columns it has: the text's modulation in the last block, with two rows for each, is shift and scale, which are scale and shift
     *     in diffusers
     */
    public Map<String, List<Rows>> split(String key, long rows, long columns) {
        Map<String, List<Rows>> split = new LinkedHashMap<>();
        if (name.endsWith(TEXT_MODULATION) && rows == 2 * columns) {
            split.put(paths.get(0), List.of(new Rows(key, columns, columns), new Rows(key, 0, columns)));
            return split;
        }
        long share = rows / paths.size();
        for (String path : paths) {
            split.put(path, List.of(new Rows(key, split.size() * share, share)));
        }
        return split;
    }
}
