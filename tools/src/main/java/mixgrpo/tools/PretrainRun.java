package mixgrpo.tools;

import java.nio.file.Path;

/** Pretraining of the built-in model. */
final class PretrainRun {

    /**
     * @param out folder for weights, checkpoints and samples
     * @param vaeSteps updates of the VAE
     * @param policySteps updates of the policy
     */
    record Plan(Path out, long seed, int vaeSteps, int policySteps) {

        Plan {
            if (vaeSteps < 1 || policySteps < 1) {
                throw new IllegalArgumentException(
                        "--vae-steps, --policy-steps: expected 1 or more, got %d, %d".formatted(vaeSteps, policySteps));
            }
        }
    }

    private final Plan plan;
    private final Console console;

    PretrainRun(Plan plan, Console console) {
        this.plan = plan;
        this.console = console;
    }

    ExitCode call() throws Exception {
        console.print("%s%n".formatted(plan));
        throw new IllegalStateException("pretraining is not wired yet");
    }
}
