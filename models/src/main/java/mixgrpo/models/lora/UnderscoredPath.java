package mixgrpo.models.lora;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Paths of diffusers' transformers with underscores for their dots, {@code transformer_blocks_0_attn_to_q}, as OneTrainer writes them:
 * the names that hold underscores of their own are known, so each has one reading.
 */
final class UnderscoredPath {

    /** Longer ones first: a name may begin like another. */
    private static final List<String> NAMES = List.of(
            "single_transformer_blocks",
            "transformer_blocks",
            "time_text_embed",
            "timestep_embedder",
            "guidance_embedder",
            "text_embedder",
            "context_embedder",
            "x_embedder",
            "norm1_context",
            "ff_context",
            "norm_out",
            "proj_mlp",
            "proj_out",
            "add_q_proj",
            "add_k_proj",
            "add_v_proj",
            "to_add_out",
            "to_out",
            "to_q",
            "to_k",
            "to_v",
            "linear_1",
            "linear_2");

    private static final Pattern NEXT = Pattern.compile("\\G(%s|[A-Za-z0-9]+)(_|$)".formatted(String.join("|", NAMES)));

    private UnderscoredPath() {}

    /** The path with dots, {@code transformer_blocks.0.attn.to_q}; empty if it has no such reading. */
    static Optional<String> dotted(String path) {
        List<String> names = new ArrayList<>();
        Matcher matcher = NEXT.matcher(path);
        int end = 0;
        while (end < path.length() && matcher.find()) {
            names.add(matcher.group(1));
            end = matcher.end();
        }
        return end == path.length() && !path.endsWith("_") ? Optional.of(String.join(".", names)) : Optional.empty();
    }
}
