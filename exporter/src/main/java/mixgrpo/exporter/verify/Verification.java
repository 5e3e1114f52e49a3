package mixgrpo.exporter.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;

/**
 * Holds engines against a reference: with the weights that they were made with, then after a sync with changed ones, which the engine must
 * follow. An engine that keeps some of the old weights fails, because every key changes.
 *
 * @param candidate makes the engines
 * @param reference computes what is expected
 * @param tolerance of the engines' precision
 * @param stages whether tapped values are compared, too, on a second engine
 * @param seed of the changed weights
 */
public record Verification(Candidate candidate, Reference reference, Tolerance tolerance, boolean stages, long seed) {

    private static final String EXPORTED = "as exported";
    private static final String CHANGED = "after a sync with changed weights";

    /** Verifies an engine of a network. Two sets of weights are in memory, and one engine at a time. */
    public Verdict of(Subject subject) {
        Weights changed = new ChangedWeights(Inventory.parameters(subject.network()), subject.weights(), seed);
        Map<String, Array> before = reference.run(subject.network(), subject.weights(), subject.inputs());
        Map<String, Array> after = reference.run(subject.network(), changed, subject.inputs());
        List<Map<String, Array>> plain = run(subject, changed, false);
        List<Map<String, Array>> tapped = stages ? run(subject, changed, true) : List.of(Map.of(), Map.of());
        return new Verdict(
                subject.name(),
                tolerance,
                List.of(
                        trial(subject, EXPORTED, before, plain.get(0), tapped.get(0), Map.of()),
                        trial(subject, CHANGED, after, plain.get(1), tapped.get(1), plain.get(0))));
    }

    /** Results with the weights and after a sync with the changed ones, under the network's names. */
    private List<Map<String, Array>> run(Subject subject, Weights changed, boolean taps) {
        try (Engine engine = candidate.load(subject.name(), subject.network(), subject.weights(), taps)) {
            Map<String, Array> before = NetworkResults.of(engine, subject.network(), subject.inputs());
            engine.update(changed);
            return List.of(before, NetworkResults.of(engine, subject.network(), subject.inputs()));
        }
    }

    private Trial trial(
            Subject subject,
            String weights,
            Map<String, Array> expected,
            Map<String, Array> plain,
            Map<String, Array> tapped,
            Map<String, Array> previous) {
        List<String> problems = new ArrayList<>();
        List<Compared> outputs = new ArrayList<>();
        for (String output : subject.network().outputs()) {
            compare(output, expected, plain, previous, problems).ifPresent(outputs::add);
        }
        List<Compared> inner = new ArrayList<>();
        for (String key : expected.keySet()) {
            if (stages && !subject.network().outputs().contains(key)) {
                compare(key, expected, tapped, Map.of(), problems).ifPresent(inner::add);
            }
        }
        if (!previous.isEmpty() && outputs.stream().allMatch(output -> output.change() == 0)) {
            problems.add("the engine's outputs are what they were before the sync: it took none of the new weights");
        }
        return new Trial(weights, outputs, inner, problems);
    }

    private Optional<Compared> compare(
            String name,
            Map<String, Array> expected,
            Map<String, Array> actual,
            Map<String, Array> previous,
            List<String> problems) {
        Array wanted = expected.get(name);
        Array got = actual.get(name);
        if (got == null) {
            problems.add("'%s': the engine has no such output".formatted(name));
            return Optional.empty();
        }
        if (!Arrays.equals(wanted.shape(), got.shape())) {
            problems.add("'%s': expected shape %s, got %s"
                    .formatted(name, Arrays.toString(wanted.shape()), Arrays.toString(got.shape())));
            return Optional.empty();
        }
        Difference difference = Difference.of(wanted, got);
        double change = previous.containsKey(name)
                ? Difference.of(previous.get(name), got).norm()
                : 0;
        boolean passed = tolerance.admits(difference);
        if (!passed) {
            problems.add(
                    "'%s' %s: error %.3g of its length (tolerance %.3g), %.3g of its largest value (tolerance %.3g), worst at %s: expected %.6g, got %.6g"
                            .formatted(
                                    name,
                                    Arrays.toString(wanted.shape()),
                                    difference.norm(),
                                    tolerance.norm(),
                                    difference.largestShare(),
                                    tolerance.largestShare(),
                                    Arrays.toString(difference.worst()),
                                    difference.expected(),
                                    difference.actual()));
        }
        return Optional.of(new Compared(name, wanted.shape(), difference, change, passed));
    }
}
