package mixgrpo.tools;

import java.nio.file.Path;
import java.util.List;

/** Pictures of given prompts. */
final class SampleRun {

    /**
     * @param model folder of a run or the built-in model's name
     * @param prompts given one by one
     * @param file with more prompts, or null
     * @param count pictures of each prompt
     * @param steps from noise to picture
     * @param out folder for the pictures
     */
    record Plan(String model, List<String> prompts, Path file, int count, int steps, long seed, Path out) {

        Plan {
            prompts = List.copyOf(prompts);
            if (count < 1 || steps < 1) {
                throw new IllegalArgumentException(
                        "--count, --steps: expected 1 or more, got %d, %d".formatted(count, steps));
            }
        }
    }

    private final Plan plan;
    private final Console console;

    SampleRun(Plan plan, Console console) {
        this.plan = plan;
        this.console = console;
    }

    ExitCode call() throws Exception {
        console.print("%s%n".formatted(plan));
        throw new IllegalStateException("sampling is not wired yet");
    }
}
