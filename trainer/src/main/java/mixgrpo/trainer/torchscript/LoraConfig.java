package mixgrpo.trainer.torchscript;

import java.util.List;

/**
 * Low-rank adapters (arXiv 2106.09685): {@code y = W x + b + alpha / rank * B A x} in every linear layer whose path ends with
 * one of {@code targets} ("attn.to_q", "ff.net.2"). A is {@code [rank, in]}, B is {@code [out, rank]} and starts at zero.
 *
 * @param rank the rank of A and B
 * @param alpha the scale of what an adapter adds, as a multiple of 1 / rank
 * @param targets endings of the paths of the layers that get an adapter
 */
public record LoraConfig(int rank, double alpha, List<String> targets) {

    public LoraConfig {
        if (rank < 1) {
            throw new IllegalArgumentException("train.lora.rank: expected 1 or more, got " + rank);
        }
        if (!(alpha > 0)) {
            throw new IllegalArgumentException("train.lora.alpha: expected a positive number, got " + alpha);
        }
        if (targets.isEmpty()) {
            throw new IllegalArgumentException("train.lora.targets: expected at least one path ending, got none");
        }
        targets = List.copyOf(targets);
    }

    public double scale() {
        return alpha / rank;
    }

    /** Whether the linear layer at {@code path} gets an adapter. */
    public boolean adapts(String path) {
        return targets.stream().anyMatch(target -> path.equals(target) || path.endsWith("." + target));
    }
}
