package mixgrpo.tools.export;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import mixgrpo.exporter.onnx.OnnxExport;
import mixgrpo.exporter.onnx.OnnxOptions;
import mixgrpo.exporter.verify.Candidate;
import mixgrpo.exporter.verify.Subject;
import mixgrpo.exporter.verify.Tolerance;
import mixgrpo.exporter.verify.Verification;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.tools.figures.Word;

/** Verifies the engines of a model, one network after the other. */
public final class Verifier {

    private final VerifyPlan plan;
    private final Candidate candidate;

    public Verifier(VerifyPlan plan) {
        this(plan, candidate(plan));
    }

    /** With engines of another maker. */
    Verifier(VerifyPlan plan, Candidate candidate) {
        this.plan = plan;
        this.candidate = candidate;
    }

    private static Candidate candidate(VerifyPlan plan) {
        return (name, network, weights, taps) -> {
            OnnxOptions options = options(plan);
            return plan.engine()
                    .load(name, OnnxExport.of(network, taps ? options.withTaps() : options), weights, plan.mode());
        };
    }

    /** How the engine's graphs are written. */
    static OnnxOptions options(VerifyPlan plan) {
        OnnxOptions own = plan.engine().options();
        return plan.form().map(OnnxOptions::of).orElse(own).withPrecision(plan.precision());
    }

    /**
     * @param progress told which component is at hand
     * @throws IOException if the model's files are missing or broken
     */
    public VerifyReport run(Consumer<String> progress) throws IOException {
        List<VerifyReport.Component> components = new ArrayList<>();
        ModelFolder folder = plan.selection().open();
        try (ModelNetworks model = new ModelNetworks(folder)) {
            for (ModelPart part : plan.selection().in(folder)) {
                progress.accept(part.toString());
                components.add(verify(model.subject(part, plan.sizes())));
            }
        }
        return VerifyReport.of(plan, components);
    }

    VerifyReport.Component verify(Subject subject) {
        TrustedNetwork reference = plan.reference().orElse(TrustedNetwork.of(subject.network()));
        Tolerance tolerance = Tolerance.of(Word.of(plan.precision()));
        Verification verification = new Verification(
                candidate, reference, tolerance, plan.stages(), plan.sizes().seed());
        return new VerifyReport.Component(reference.title(), verification.of(subject));
    }
}
