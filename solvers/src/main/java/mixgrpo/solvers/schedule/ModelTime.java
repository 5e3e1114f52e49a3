package mixgrpo.solvers.schedule;

/** Which noise level the network is told at a step; the step itself always uses the exact one. */
public enum ModelTime {
    /** The step's own sigma, as inference through diffusers does. */
    EXACT,
    /**
     * {@code int(1000 sigma) / 1000} of the float32 product of a float32 sigma, as the published trainer does: up to
     * .001 lower than sigma, and where 1000 sigma is an integer sometimes one lower than the true floor.
     */
    OFFICIAL_FLOOR
}
