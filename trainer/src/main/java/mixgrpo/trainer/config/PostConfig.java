package mixgrpo.trainer.config;

/**
 * How the steps behind the window are solved; with fewer of them training is "Flash" (arXiv 2507.21802, section 3.3).
 *
 * @param solver the ODE solver of the steps behind the window
 * @param order the order of that solver, 1 to 3; {@code euler} has order 1
 * @param variant how a second-order solver weighs the difference of its two estimates
 * @param ratio share of the steps that are kept, {@code ceil(ratio * rest)}, always ending at sigma 0; 1 keeps all
 * @param history whether a multistep solver sees the estimates of the steps before it
 */
public record PostConfig(Solver solver, int order, Variant variant, double ratio, History history) {

    /** A solver of the ODE. */
    public enum Solver {
        EULER("euler"),
        /** DPM-Solver++ on the estimate of the picture (arXiv 2211.01095). */
        DPM_SOLVER_PLUS_PLUS("dpmsolver++"),
        /** DPM-Solver on the estimate of the noise (arXiv 2206.00927). */
        DPM_SOLVER("dpmsolver");

        private final String key;

        Solver(String key) {
            this.key = key;
        }

        @Override
        public String toString() {
            return key;
        }
    }

    /** How a second-order solver weighs the difference of its two estimates. */
    public enum Variant {
        MIDPOINT,
        HEUN
    }

    /** Whether a multistep solver sees the estimates of the steps before it. */
    public enum History {
        /** It starts with order 1: the window's noise lies between its estimates and the earlier ones. */
        RESTART,
        /** It continues from the window's estimates, as the published code does. */
        CARRY
    }

    public PostConfig {
        new Faults().solver("post", solver, order).share("post.ratio", ratio).throwIfAny();
    }
}
