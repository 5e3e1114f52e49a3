package mixgrpo.trainer.config;

/**
 * How the steps before the window are solved. Off by default: the paper (arXiv 2507.21802) says that an accelerated start amplifies
 * errors.
 *
 * @param solver the ODE solver of the steps before the window
 * @param order the order of that solver, 1 to 3; {@code euler} has order 1
 * @param variant how a second-order solver weighs the difference of its two estimates
 * @param ratio share of these steps that are kept, {@code ceil(ratio * start)}; 1 keeps all
 */
public record PreConfig(PostConfig.Solver solver, int order, PostConfig.Variant variant, double ratio) {

    public PreConfig {
        new Faults().solver("pre", solver, order).share("pre.ratio", ratio).throwIfAny();
    }
}
