package mixgrpo.solvers.plan;

/**
 * The network of a trajectory, as the executor sees it. Throwing from it is the way to stop a run: nothing is held that
 * needs closing.
 */
@FunctionalInterface
public interface Velocity {

    /**
     * Velocities (noise - x0) of all rows at one step. Splitting the rows into batches that fit the memory is up to the
     * implementation.
     *
     * @param step which gives the sigma the network is told, and which network is meant
     * @param rows latents, one row per group while {@code step.shared()}, one per image afterwards, group by group;
     *     only to be read
     * @return as many rows of the same length; read until the next call, so that the implementation may use the
     *     arrays again
     */
    float[][] at(Step step, float[][] rows);
}
