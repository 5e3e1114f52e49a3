package mixgrpo.tools.export;

import java.util.Arrays;
import java.util.List;
import mixgrpo.exporter.verify.Compared;
import mixgrpo.exporter.verify.Difference;
import mixgrpo.exporter.verify.Trial;
import mixgrpo.exporter.verify.Verdict;
import mixgrpo.tools.figures.Word;

/**
 * What a verification found.
 *
 * @param passed whether every array of every component is within its tolerance
 * @param model name or folder
 * @param engine that was tried
 * @param precision of its graphs
 * @param form of its graphs
 * @param syncMode how it took the changed weights
 * @param batch rows of the inputs
 * @param seed of inputs and changed weights
 * @param components one a network
 */
public record VerifyReport(
        boolean passed,
        String model,
        String engine,
        String precision,
        String form,
        String syncMode,
        int batch,
        long seed,
        List<Component> components)
        implements EngineReport {

    /**
     * A network's engine.
     *
     * @param reference what it was held against
     */
    public record Component(String reference, Verdict verdict) {}

    static VerifyReport of(VerifyPlan plan, List<Component> components) {
        return new VerifyReport(
                components.stream().allMatch(component -> component.verdict().passed()),
                plan.selection().model(),
                plan.engine().toString(),
                Word.of(plan.precision()),
                Word.of(Verifier.options(plan).form()),
                Word.of(plan.mode()),
                plan.sizes().batch(),
                plan.sizes().seed(),
                components);
    }

    /** For a person to read: one line an output and trial, the worst stage below, then all that is wrong. */
    @Override
    public String table() {
        StringBuilder text = new StringBuilder("%s: %s, %s, %s form, weights by %s, batch %d, seed %d%n"
                .formatted(model, engine, precision, form, syncMode, batch, seed));
        for (Component component : components) {
            Verdict verdict = component.verdict();
            text.append("%n%s against %s: %s%n"
                    .formatted(verdict.component(), component.reference(), verdict.passed() ? "passed" : "FAILED"));
            text.append("  tolerance: error %.0e of an array's length, %.0e of its largest value%n"
                    .formatted(verdict.tolerance().norm(), verdict.tolerance().largestShare()));
            for (Trial trial : verdict.trials()) {
                text.append("  %s%n".formatted(trial.weights()));
                text.append("    %-34s %9s %9s %9s %9s %9s %12s  %s%n"
                        .formatted(
                                "", "max abs", "mean abs", "max rel", "mean rel", "length", "1 - cosine", "worst at"));
                trial.outputs().forEach(output -> line(text, output.name(), output));
                trial.stages().stream()
                        .max((a, b) -> Double.compare(
                                a.difference().norm(), b.difference().norm()))
                        .ifPresent(worst -> line(
                                text,
                                "worst of %d stages: %s"
                                        .formatted(trial.stages().size(), worst.name()),
                                worst));
            }
        }
        List<String> problems = components.stream()
                .flatMap(component -> component.verdict().problems().stream())
                .toList();
        problems.forEach(problem -> text.append("%n%s%n".formatted(problem)));
        return text.append("%n%s%n".formatted(passed ? "PASSED" : "FAILED")).toString();
    }

    private static void line(StringBuilder text, String name, Compared compared) {
        Difference of = compared.difference();
        text.append("    %-34s %9.2e %9.2e %9.2e %9.2e %9.2e %12.2e  %s%s%n"
                .formatted(
                        name,
                        of.maxAbsolute(),
                        of.meanAbsolute(),
                        of.maxRelative(),
                        of.meanRelative(),
                        of.norm(),
                        1 - of.cosine(),
                        Arrays.toString(of.worst()),
                        compared.change() == 0 ? "" : ", changed by %.2g".formatted(compared.change())));
    }
}
