package mixgrpo.tools.gpucheck;

import java.util.List;
import java.util.Map;

/**
 * What came of a check.
 *
 * @param name of the check
 * @param command and its arguments
 * @param state of it
 * @param reason why it was left out or failed; empty if it passed
 * @param code that the command ended with; null if it did not end by itself
 * @param seconds that it took
 * @param gpuBytesBefore memory of the GPU that all programs used before it; null if nobody told
 * @param gpuBytesAfter the same afterwards
 * @param metrics of a training run's last iteration
 * @param log the end of what it printed
 */
record StepResult(
        String name,
        List<String> command,
        State state,
        String reason,
        Integer code,
        double seconds,
        Long gpuBytesBefore,
        Long gpuBytesAfter,
        Map<String, Double> metrics,
        List<String> log) {

    enum State {
        PASSED,
        FAILED,
        SKIPPED
    }

    static StepResult skipped(CheckStep step, String reason) {
        return notRun(step, State.SKIPPED, reason);
    }

    /** Of one that did not even begin. */
    static StepResult failed(CheckStep step, String reason) {
        return notRun(step, State.FAILED, reason);
    }

    private static StepResult notRun(CheckStep step, State state, String reason) {
        return new StepResult(step.name(), step.command(), state, reason, null, 0, null, null, Map.of(), List.of());
    }
}
