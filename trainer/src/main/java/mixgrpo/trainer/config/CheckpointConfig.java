package mixgrpo.trainer.config;

/**
 * What is saved while the run goes on; its end is always saved.
 *
 * @param every iterations between two checkpoints
 * @param keep how many checkpoints stay on disk, the newest
 */
public record CheckpointConfig(int every, int keep) {

    public CheckpointConfig {
        new Faults()
                .count("checkpoint.every", every)
                .count("checkpoint.keep", keep)
                .throwIfAny();
    }
}
