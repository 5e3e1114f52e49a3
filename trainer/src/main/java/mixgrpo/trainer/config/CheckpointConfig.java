package mixgrpo.trainer.config;

/**
 * What is saved while the run goes on; its end is always saved.
 *
 * @param every iterations between two checkpoints
 * @param keep newest checkpoints that stay on disk
 */
public record CheckpointConfig(int every, int keep) {

    public CheckpointConfig {
        new Faults()
                .count("checkpoint.every", every)
                .count("checkpoint.keep", keep)
                .throwIfAny();
    }
}
