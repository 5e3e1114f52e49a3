package mixgrpo.trainer.loop;

import java.util.OptionalDouble;

/**
 * What a sync did.
 *
 * @param bytes of the weights that were sent, in float32; 0 where it was not time
 * @param parity distance of the engine's velocity from the policy's behind it, as a share of its length; empty where it was not time, or
 *     nothing was sampled to look at
 */
record SyncStats(long bytes, OptionalDouble parity) {

    /** It was not time. */
    static final SyncStats NONE = new SyncStats(0, OptionalDouble.empty());
}
