package mixgrpo.tools.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import mixgrpo.exporter.onnx.OnnxExport;
import mixgrpo.exporter.onnx.OnnxModel;
import mixgrpo.exporter.onnx.OnnxOptions;
import mixgrpo.exporter.verify.Subject;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.runtime.engine.EngineCache;
import mixgrpo.runtime.engine.EngineKey;
import mixgrpo.runtime.tensorrt.PlanGraph;
import mixgrpo.runtime.tensorrt.Plans;
import mixgrpo.runtime.tensorrt.ShapeProfile;
import mixgrpo.runtime.tensorrt.ShapeText;
import mixgrpo.runtime.tensorrt.TensorRtEngine;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.model.TensorRtPlans;
import mixgrpo.trainer.metrics.PhaseClock;

/** Builds a network's plan of TensorRT. It is verified before it gets into the cache. */
final class PlanBuild {

    private final VerifyPlan plan;
    private final PlanSettings settings;
    private final EngineCache cache;
    private final boolean verifies;
    private final Consumer<String> progress;

    PlanBuild(VerifyPlan plan, PlanSettings settings, EngineCache cache, boolean verifies, Consumer<String> progress) {
        this.plan = plan;
        this.settings = settings;
        this.cache = cache;
        this.verifies = verifies;
        this.progress = progress;
    }

    /** @param builds false to say only what would be done, which needs no GPU */
    EngineBuildReport.Component build(Subject subject, boolean builds) throws IOException {
        PhaseClock clock = new PhaseClock();
        OnnxModel model = OnnxExport.of(subject.network(), Verifier.options(plan));
        PlanGraph graph = TensorRtPlans.graph(subject.name(), model);
        ShapeProfile profile = profile(graph, subject);
        Plans plans = plans(cache);
        EngineKey key = plans.key(graph, profile);
        EngineBuildReport.State state;
        List<String> problems = List.of();
        Optional<EngineCache.Entry> found = cache.find(graph.entry(), key);
        if (found.isPresent()) {
            state = Files.exists(found.get().file(EngineBuild.REPORT))
                    ? EngineBuildReport.State.KNOWN
                    : EngineBuildReport.State.KEPT;
        } else if (!builds) {
            state = EngineBuildReport.State.MISSING;
        } else if (verifies) {
            problems = verified(subject, graph, profile, key);
            state = problems.isEmpty() ? EngineBuildReport.State.VERIFIED : EngineBuildReport.State.FAILED;
        } else {
            plans.build(graph, subject.weights(), profile);
            state = EngineBuildReport.State.BUILT;
        }
        return new EngineBuildReport.Component(
                subject.name(),
                state,
                clock.total().wallSeconds(),
                key.parts(),
                cache.stale(graph.entry(), key).stream()
                        .map(EngineCache.Stale::toString)
                        .toList(),
                problems,
                details(graph, profile, key));
    }

    private Plans plans(EngineCache where) {
        return TensorRtPlans.of(where, settings.options(), settings.timingCache(), progress);
    }

    private ShapeProfile profile(PlanGraph graph, Subject subject) {
        Map<String, long[]> tried = new LinkedHashMap<>();
        subject.inputs().forEach((name, array) -> tried.put(name, array.shape()));
        if (!settings.hasShapes()) {
            return ShapeProfile.upTo(graph.inputs(), tried);
        }
        ShapeProfile profile = ShapeProfile.of(graph.inputs(), settings.min(), settings.opt(), settings.max());
        if (verifies && !profile.covers(tried)) {
            throw new GivenException(
                    "the shapes %s do not cover what the plan of %s would be verified with, %s; give other --batch, --side, --text-tokens, or --no-verify"
                            .formatted(
                                    profile,
                                    subject.name(),
                                    ShapeText.of(ShapeProfile.upTo(graph.inputs(), tried)
                                            .max())));
        }
        return profile;
    }

    /** Builds and verifies in a cache of its own, and takes over the plan if it passes; gives what is wrong with it. */
    private List<String> verified(Subject subject, PlanGraph graph, ShapeProfile profile, EngineKey key)
            throws IOException {
        Files.createDirectories(cache.folder());
        EngineCache trial = new EngineCache(Files.createTempDirectory(cache.folder(), ".verify-"));
        try {
            Plans plans = TensorRtPlans.of(trial, settings.options(), timings(), progress);
            EngineCache.Entry built = plans.build(graph, subject.weights(), profile);
            Verifier verifier = new Verifier(plan, (name, network, weights, taps) -> {
                OnnxOptions options = Verifier.options(plan);
                OnnxModel model = OnnxExport.of(network, taps ? options.withTaps() : options);
                return new TensorRtEngine(TensorRtPlans.graph(name, model), weights, plans);
            });
            VerifyReport.Component verified = verifier.verify(subject);
            List<String> problems = verified.verdict().problems();
            if (problems.isEmpty()) {
                byte[] report = VerifyReport.of(plan, List.of(verified)).json();
                cache.store(graph.entry(), key, folder -> {
                    Files.move(built.file(Plans.FILE), folder.resolve(Plans.FILE));
                    AtomicFile.write(folder.resolve(EngineBuild.REPORT), report);
                });
            }
            return problems;
        } finally {
            delete(trial.folder());
        }
    }

    /** What is measured for a trial serves later builds, too. */
    private Optional<Path> timings() {
        return settings.timingCache().or(() -> Optional.of(TensorRtPlans.timings(cache)));
    }

    private static void delete(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(folder)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.deleteIfExists(file);
        }
    }

    private static List<String> details(PlanGraph graph, ShapeProfile profile, EngineKey key) {
        List<String> details = new ArrayList<>();
        graph.inputs()
                .forEach(input -> details.add(
                        "input %s %s%s".formatted(input.name(), input.axes(), input.ids() ? " int64" : "")));
        details.add("smallest " + ShapeText.of(profile.min()));
        details.add("usual    " + ShapeText.of(profile.opt()));
        details.add("largest  " + ShapeText.of(profile.max()));
        key.parts().forEach((part, value) -> details.add("key %s: %s".formatted(part, value)));
        return details;
    }
}
