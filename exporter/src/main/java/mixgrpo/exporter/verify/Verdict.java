package mixgrpo.exporter.verify;

import java.util.List;

/**
 * What a verification found.
 *
 * @param component that the engine is of
 * @param tolerance that its arrays were held against
 * @param trials with the weights that it was made with, then after a sync with others
 */
public record Verdict(String component, Tolerance tolerance, List<Trial> trials) {

    public boolean passed() {
        return trials.stream().allMatch(Trial::passed);
    }

    /** All that is wrong. */
    public List<String> problems() {
        return trials.stream()
                .flatMap(trial -> trial.problems().stream()
                        .map(problem -> "%s, %s: %s".formatted(component, trial.weights(), problem)))
                .toList();
    }
}
