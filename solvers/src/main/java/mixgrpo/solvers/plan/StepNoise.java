package mixgrpo.solvers.plan;

/** The noise of a trajectory's stochastic steps. */
@FunctionalInterface
public interface StepNoise {

    /**
     * Fills target with standard normals.
     *
     * @param image number of the image among all of the run, group by group: group * images per group + image
     *     within the group
     */
    void fill(Step step, int image, float[] target);
}
