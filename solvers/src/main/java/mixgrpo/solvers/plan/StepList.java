package mixgrpo.solvers.plan;

import java.util.ArrayList;
import java.util.List;
import mixgrpo.solvers.plan.Step.Network;
import mixgrpo.solvers.schedule.ModelTime;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.step.LogProbLaw;
import mixgrpo.solvers.step.Prediction;
import mixgrpo.solvers.step.StepCoefficients;
import mixgrpo.solvers.window.TrainedSteps;

/**
 * A plan in the making: step after step down a schedule, with the number of estimates that the next step may look back
 * at.
 */
final class StepList {

    private final SigmaSchedule schedule;
    private final ModelTime modelTime;
    private final int firstIndex;
    private final List<Step> steps = new ArrayList<>();
    private boolean shared;
    private int known;

    StepList(SigmaSchedule schedule, ModelTime modelTime, boolean shared, int firstIndex) {
        this.schedule = schedule;
        this.modelTime = modelTime;
        this.shared = shared;
        this.firstIndex = firstIndex;
    }

    /** Forgets what earlier steps have estimated: the next step is of order 1. */
    void restart() {
        known = 0;
    }

    /** Deterministic steps until level {@code end} of the schedule. */
    void solve(DpmSolver solver, int end) {
        for (int i = steps.size(); i < end; i++) {
            int back = solver.orderAt(known, i, schedule.steps()) - 1;
            double[] earlier = new double[back];
            for (int k = 0; k < back; k++) {
                earlier[k] = schedule.sigma(i - 1 - k);
            }
            StepCoefficients coefficients = solver.ode(schedule.sigma(i), schedule.sigma(i + 1), earlier);
            for (int k = 0; k < back; k++) {
                steps.set(i - 1 - k, steps.get(i - 1 - k).recording(solver.recorded()));
            }
            add(coefficients, null);
        }
    }

    /** Stochastic steps until level {@code end} of the schedule. */
    void sample(Kernel kernel, int end, double sigmaFirst) {
        for (int i = steps.size(); i < end; i++) {
            StepCoefficients coefficients = kernel.step(schedule.sigma(i), schedule.sigma(i + 1), sigmaFirst);
            add(coefficients, kernel.logProb(coefficients.noiseStd()));
        }
    }

    /** The same without log-probs. */
    void diffuse(Kernel kernel, int end, double sigmaFirst) {
        for (int i = steps.size(); i < end; i++) {
            add(kernel.step(schedule.sigma(i), schedule.sigma(i + 1), sigmaFirst), null);
        }
    }

    Plan plan(TrainedSteps trained) {
        return new Plan(steps, trained);
    }

    private void add(StepCoefficients coefficients, LogProbLaw law) {
        int i = steps.size();
        Step step = new Step(
                firstIndex + i,
                schedule.sigma(i),
                schedule.sigma(i + 1),
                schedule.modelSigma(i, modelTime),
                coefficients,
                law,
                (Prediction) null,
                shared,
                Network.TUNED);
        steps.add(step);
        shared &= !step.diverges();
        known++;
    }
}
