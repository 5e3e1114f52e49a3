package mixgrpo.solvers.plan;

/** Which images are trained on which of the window's steps, so that what the others leave behind can go. */
@FunctionalInterface
public interface Kept {

    /** Every image on every step of the window. */
    Kept ALL = (step, image) -> true;

    /** @param image as in {@link StepNoise#fill} */
    boolean contains(Step step, int image);
}
