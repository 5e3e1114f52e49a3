package mixgrpo.tools.sample;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.Numbers;

/**
 * How noise becomes a picture.
 *
 * @param steps or null for the model's own number
 * @param pMix share of the steps that the tuned model does, or null for {@value #P_MIX}
 * @param comparison or null: then there is a picture for each of its values
 * @param kernel of stochastic steps, or null for a deterministic trajectory
 * @param eta level of the kernel's noise, or null for {@value #ETA}
 * @param solver of a deterministic one
 * @param order of the solver, 1 to 3
 * @param rng where the noise comes from
 */
public record Method(
        Integer steps,
        Double pMix,
        SampleRequest.Comparison comparison,
        Kernel.Family kernel,
        Double eta,
        Solver solver,
        int order,
        Rng rng) {

    /** The paper's share of hybrid inference (arXiv 2507.21802): enough of the tuned model, its last steps left to the base. */
    public static final double P_MIX = 0.8;

    /** Level of the noise where none is given: the published trainer's. */
    public static final double ETA = 0.7;

    /** Ways to solve the ODE. */
    public enum Solver {
        EULER,
        DPM;

        @Override
        public String toString() {
            return Word.of(this);
        }
    }

    /** Sources of noise. */
    public enum Rng {
        /** Ours, by counter: the same on every machine. */
        PHILOX,
        /** Torch's on a CPU. */
        TORCH_CPU;

        @Override
        public String toString() {
            return Word.of(this);
        }
    }

    public Method {
        if (steps != null && steps < 1) {
            throw new IllegalArgumentException("--steps: expected 1 or more, got " + steps);
        }
        if (pMix != null) {
            SampleRequest.checkedShare("--p-mix", pMix);
            if (comparison != null) {
                throw new IllegalArgumentException("--p-mix and --compare p_mix: expected one of them, got both");
            }
        }
        if (order < 1 || order > 3) {
            throw new IllegalArgumentException("--order: expected 1, 2 or 3, got " + order);
        }
        if (order > 1 && (solver == Solver.EULER || kernel != null)) {
            throw new IllegalArgumentException("--order %d: expected --solver dpm without --sde; %s is of order 1"
                    .formatted(order, kernel == null ? "euler" : "a stochastic step"));
        }
        if (solver == Solver.DPM && kernel != null) {
            throw new IllegalArgumentException(
                    "--solver dpm: expected no --sde beside it, which has steps of its own; --sde dpm is the stochastic form");
        }
        if (kernel == null && eta != null) {
            throw new IllegalArgumentException(
                    "--eta %s: expected --sde beside it, which says what noise it is the level of"
                            .formatted(Numbers.plain(eta)));
        }
        if (kernel != null) {
            new Kernel(kernel, level(eta), true, 1); // refuses a level that is not the kernel's
        }
    }

    private static double level(Double eta) {
        return eta == null ? ETA : eta;
    }

    /** Level of the noise of stochastic steps. */
    double noiseLevel() {
        return level(eta);
    }

    /** The shares of the steps that the tuned model does, a picture each. */
    public List<Double> shares() {
        return comparison != null ? comparison.values() : List.of(pMix == null ? P_MIX : pMix);
    }

    /** Whether a share was asked for. */
    public boolean asksForShares() {
        return pMix != null || comparison != null;
    }

    /** The trajectory, all of it by the tuned network. */
    public Plan plan(SigmaSchedule schedule) {
        return stochastic()
                .map(family -> Plan.sde(schedule, new Kernel(family, noiseLevel(), true, 1)))
                .orElseGet(() ->
                        Plan.ode(schedule, solver == Solver.EULER ? DpmSolver.FIRST_ORDER : DpmSolver.plusPlus(order)));
    }

    private Optional<Kernel.Family> stochastic() {
        return Optional.ofNullable(kernel);
    }

    /** As AUTOMATIC1111's web UI calls it, or nearly. */
    String sampler() {
        if (kernel != null) {
            return "SDE " + Word.of(kernel);
        }
        return solver == Solver.EULER || order == 1 ? "Euler" : "DPM++ %dM".formatted(order);
    }

    /** The words that ask for it again, without the steps and the share. */
    List<String> options() {
        List<String> words = new ArrayList<>();
        if (kernel != null) {
            words.addAll(List.of("--sde", Word.of(kernel), "--eta", Numbers.plain(noiseLevel())));
        } else if (solver != Solver.EULER) {
            words.addAll(List.of("--solver", solver.toString(), "--order", String.valueOf(order)));
        }
        if (rng != Rng.PHILOX) {
            words.addAll(List.of("--rng", rng.toString()));
        }
        return words;
    }
}
