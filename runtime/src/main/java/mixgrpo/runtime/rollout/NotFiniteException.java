package mixgrpo.runtime.rollout;

import mixgrpo.models.weights.WeightsCheck.NotFinite;

/** Latents that are no numbers at the end of a trajectory: there is no picture to decode. */
public final class NotFiniteException extends IllegalStateException {

    private final int row;

    NotFiniteException(int row, String picture, int elements, NotFinite found) {
        super(
                "%s: of %d latents at the end of its trajectory %d are NaN and %d infinite, so there is no picture to decode. tools/inspect --values says whether the weights are numbers; if they are, the network overflows: another precision (fp32 or bf16 instead of fp16), weaker adapters or earlier weights may help"
                        .formatted(picture, elements, found.nan(), found.infinite()));
        this.row = row;
    }

    /** Which of the pictures that were drawn together, from 0 on. */
    public int row() {
        return row;
    }
}
