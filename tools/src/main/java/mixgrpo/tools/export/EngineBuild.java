package mixgrpo.tools.export;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import mixgrpo.exporter.onnx.OnnxExport;
import mixgrpo.exporter.onnx.OnnxModel;
import mixgrpo.exporter.verify.Subject;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.Sha256;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineCache;
import mixgrpo.runtime.engine.EngineKey;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.metrics.PhaseClock;

/**
 * Builds the engines of a model and keeps what is worth it: plans of {@code tensorrt}, of the others that they were verified. An engine that is in the cache under its key
 * is not built again; others of its name are named and left alone.
 */
public final class EngineBuild {

    static final String REPORT = "report.json";

    private final VerifyPlan plan;
    private final PlanSettings settings;
    private final EngineCache cache;
    private final boolean verifies;

    /**
     * @param settings of TensorRT's plans; other engines have none
     * @param verifies whether engines are verified; of those that are not only plans get into the cache
     */
    public EngineBuild(VerifyPlan plan, PlanSettings settings, EngineCache cache, boolean verifies) {
        this.plan = plan;
        this.settings = settings;
        this.cache = cache;
        this.verifies = verifies;
    }

    /**
     * Builds what is not there.
     *
     * @param builds false to say only what would be done
     * @param progress told which component is at hand
     * @throws IOException if the model's files are missing or broken, or the cache cannot be used
     */
    public EngineBuildReport run(boolean builds, Consumer<String> progress) throws IOException {
        List<EngineBuildReport.Component> components = new ArrayList<>();
        ModelFolder folder = plan.selection().open();
        List<ModelPart> parts = plan.selection().in(folder);
        if (settings.hasShapes() && parts.size() > 1) {
            throw new GivenException(
                    "--min-shapes, --opt-shapes, --max-shapes: expected one --component that they are of, got %s"
                            .formatted(parts));
        }
        PlanBuild tensorRt = new PlanBuild(plan, settings, cache, verifies, progress);
        try (ModelNetworks model = new ModelNetworks(folder)) {
            for (ModelPart part : parts) {
                progress.accept(part.toString());
                Subject subject = model.subject(part, plan.sizes());
                components.add(
                        plan.engine() == EngineKind.TENSORRT
                                ? tensorRt.build(subject, builds)
                                : build(subject, builds));
            }
        }
        boolean passed =
                components.stream().allMatch(component -> component.problems().isEmpty());
        return new EngineBuildReport(
                passed,
                plan.selection().model(),
                plan.engine().toString(),
                cache.folder().toString(),
                components);
    }

    private EngineBuildReport.Component build(Subject subject, boolean builds) throws IOException {
        OnnxModel graph = OnnxExport.of(subject.network(), Verifier.options(plan));
        EngineKey key = key(graph, subject.weights());
        List<String> stale = cache.stale(subject.name(), key).stream()
                .map(EngineCache.Stale::toString)
                .toList();
        PhaseClock clock = new PhaseClock();
        Optional<EngineCache.Entry> found = cache.find(subject.name(), key);
        EngineBuildReport.State state;
        List<String> problems = List.of();
        if (found.isPresent()) {
            state = EngineBuildReport.State.KNOWN;
        } else if (!builds) {
            state = EngineBuildReport.State.MISSING;
        } else if (verifies) {
            VerifyReport.Component verified = new Verifier(plan).verify(subject);
            problems = verified.verdict().problems();
            state = problems.isEmpty() ? EngineBuildReport.State.VERIFIED : EngineBuildReport.State.FAILED;
            if (problems.isEmpty()) {
                byte[] report = VerifyReport.of(plan, List.of(verified)).json();
                cache.store(subject.name(), key, folder -> AtomicFile.write(folder.resolve(REPORT), report));
            }
        } else {
            try (Engine engine = plan.engine().load(subject.name(), graph, subject.weights(), plan.mode())) {
                engine.infer(subject.inputs());
            }
            state = EngineBuildReport.State.BUILT;
        }
        double seconds = clock.total().wallSeconds();
        return new EngineBuildReport.Component(subject.name(), state, seconds, key.parts(), stale, problems, List.of());
    }

    private EngineKey key(OnnxModel graph, Weights weights) throws IOException {
        MessageDigest ofGraph = Sha256.start();
        ofGraph.update(graph.skeleton());
        String shapes = "batch %d, side %d, text %d"
                .formatted(
                        plan.sizes().batch(), plan.sizes().side(), plan.sizes().textTokens());
        return new EngineKey(
                Sha256.hex(ofGraph),
                graph.sha256(weights),
                Word.of(plan.precision()),
                shapes,
                "%s, %s".formatted(plan.engine(), Word.of(plan.mode())),
                plan.engine().version(),
                plan.engine().device(),
                plan.engine().driver());
    }
}
