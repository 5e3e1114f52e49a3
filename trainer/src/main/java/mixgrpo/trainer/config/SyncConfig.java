package mixgrpo.trainer.config;

/**
 * How new weights reach the sampling engine.
 *
 * @param every iterations between two syncs; checkpoints are written only then
 * @param mode how the engine takes them; {@code ort-cpu} takes {@code session} and {@code inputs}, {@code ort-cuda} {@code session}, {@code tensorrt}
 *     {@code refit}. {@code auto} is that; on {@code ort-cpu} it is {@code inputs} where all weights are trained and at most 50,000 tokens of pictures and prompts go through the network
 *     between two syncs, else {@code session}. A run writes down which
 */
public record SyncConfig(int every, Mode mode) {

    /** How an engine takes new weights. */
    public enum Mode {
        /** As suits the engine and the run. */
        AUTO,
        /** A new session is made from them and swapped in when it is ready. */
        SESSION,
        /**
         * The weights are inputs of the engine's graph, in memory that is written over: an exchange is a copy, every call is a few percent slower.
         * The 8-bit copy for {@code rollout.odePrecision int8} still gets a new session.
         */
        INPUTS,
        /** The engine that runs has its weights replaced in place. */
        REFIT
    }

    public SyncConfig {
        new Faults().count("sync.every", every).throwIfAny();
    }
}
