package mixgrpo.exporter.verify;

import java.util.List;

/**
 * An engine with one set of weights, compared with the reference.
 *
 * @param weights which ones: as they were exported, or changed ones after a sync
 * @param outputs of the engine as it is used
 * @param stages tapped values of the same graph with taps, in the network's order: where an error begins. Empty if it was not asked for
 * @param problems what is wrong, in sentences; empty if it passed
 */
public record Trial(String weights, List<Compared> outputs, List<Compared> stages, List<String> problems) {

    public boolean passed() {
        return problems.isEmpty();
    }
}
