package mixgrpo.tools.sample;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import mixgrpo.models.weights.ReadProgress;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.text.PromptEncoder;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.Numbers;
import mixgrpo.tools.model.Painter;
import mixgrpo.tools.model.PolicyEngine;
import mixgrpo.tools.model.RolloutPolicy;
import mixgrpo.tools.run.Counted;
import mixgrpo.tools.train.MemoryPlan;
import mixgrpo.trainer.config.RolloutConfig;

/**
 * A call of {@code tools/sample} worked out for its model: sizes, trajectories, memory. Nothing is loaded yet.
 *
 * @param model stays the caller's
 * @param request with the guidance that the model has of its own
 * @param inputs of its transformer for pictures of this size
 * @param variants of every picture
 * @param prompts how many there are
 * @param rows pictures that the network sees at once, at the most
 * @param engine what runs the transformer
 */
public record SamplePlan(
        SampleModel model,
        SampleRequest request,
        SampleRequest.Size size,
        TransformerInputs inputs,
        SigmaSchedule schedule,
        List<SampleFolder.Variant> variants,
        int prompts,
        int rows,
        PolicyEngine engine) {

    /** Tokens that a network sees at once where nobody says how many pictures: enough for full speed on a CPU. */
    private static final int TOKENS_AT_ONCE = 24 * 64;

    private static final int MOST_AT_ONCE = 24;

    /**
     * @param engine one that can run here and has the precision that is asked for
     * @param prompts how many are drawn
     * @throws IllegalArgumentException if the model cannot do what is asked for
     */
    public static SamplePlan of(SampleModel model, SampleRequest given, EngineKind engine, int prompts) {
        SampleRequest request = given.with(given.words().guided(model.trueCfg()));
        Method method = request.method();
        SampleRequest.Size size =
                request.look().size() == null ? model.size() : request.look().size();
        int multiple = model.base().multiple();
        if (size.width() % multiple != 0 || size.height() % multiple != 0) {
            throw new IllegalArgumentException("--size: expected multiples of %d for this model, got %s; %dx%d is near"
                    .formatted(multiple, size, near(size.width(), multiple), near(size.height(), multiple)));
        }
        boolean takesGuidance = model.base().architecture().takesGuidance();
        if (request.look().guidance() != null && !takesGuidance) {
            throw new IllegalArgumentException(
                    "--guidance: %s was not made for a guidance scale; --true-cfg, with --negative-prompt or without, guides any model"
                            .formatted(model.name()));
        }
        if (method.asksForShares() && model.tuned().isEmpty()) {
            throw new IllegalArgumentException(
                    "%s: %s has no tuned weights to mix with; name them with --tuned or --lora, or a run with --model"
                            .formatted(method.pMix() == null ? "--compare" : "--p-mix", model.name()));
        }
        Integer length = request.words().length();
        double guidance = request.look().guidance() == null
                ? model.guidance()
                : request.look().guidance();
        TransformerInputs inputs = model.base()
                .inputs(
                        size.width(),
                        size.height(),
                        length == null ? model.base().text().length() : length,
                        guidance);
        SigmaSchedule schedule = model.schedule(method.steps() == null ? model.steps() : method.steps(), inputs);
        int tokens = inputs.packing().tokens();
        int most =
                request.look().batch() == null ? rows(tokens) : request.look().batch();
        int rows = (int) Math.min(most, (long) prompts * request.look().count());
        PolicyEngine policy = PolicyEngine.plain(engine, request.precision());
        policy.check(inputs.network(), "--precision");
        return new SamplePlan(
                model, request, size, inputs, schedule, variants(model, method, schedule), prompts, rows, policy);
    }

    /**
     * Pictures that a network sees at once where nobody says how many.
     *
     * @param tokens of a picture
     */
    public static int rows(int tokens) {
        return Math.max(1, Math.min(MOST_AT_ONCE, TOKENS_AT_ONCE / tokens));
    }

    private static int near(int side, int multiple) {
        return Math.max(1, Math.round((float) side / multiple)) * multiple;
    }

    private static List<SampleFolder.Variant> variants(SampleModel model, Method method, SigmaSchedule schedule) {
        Plan plan = method.plan(schedule);
        if (model.tuned().isEmpty()) {
            return List.of(new SampleFolder.Variant(plan.hybrid(0), OptionalDouble.empty()));
        }
        return method.shares().stream()
                .map(share -> new SampleFolder.Variant(plan.hybrid(share), OptionalDouble.of(share)))
                .toList();
    }

    public int steps() {
        return schedule.steps();
    }

    private Set<Step.Network> networks() {
        return variants.stream()
                .flatMap(variant -> variant.plan().steps().stream())
                .map(Step::network)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Step.Network.class)));
    }

    /** The model, the work, and who does the steps: a line or two. */
    public String summary() {
        StringBuilder text = new StringBuilder("%s (%s): %s x %s, %s, %s, %s%n"
                .formatted(
                        model.name(),
                        model.weights(),
                        Counted.of(prompts, "prompt"),
                        Counted.of(request.look().count(), "picture"),
                        Counted.of(steps(), "step"),
                        size,
                        engine.kind() + precision()));
        if (model.tuned().isPresent()) {
            text.append(variants.stream().map(this::shares).collect(Collectors.joining("; ")))
                    .append(System.lineSeparator());
        }
        return text.toString();
    }

    private String precision() {
        RolloutConfig.Precision precision = request.precision();
        return precision == RolloutConfig.Precision.FP32 ? "" : " in " + Word.of(precision);
    }

    private String shares(SampleFolder.Variant variant) {
        long tuned = variant.plan().steps().stream()
                .filter(step -> step.network() == Step.Network.TUNED)
                .count();
        return "%s: the tuned model does %d of %d steps%s"
                .formatted(variant.label(), tuned, steps(), tuned < steps() ? ", the base the rest" : "");
    }

    /** All that a drawing would do, and its memory. */
    public String details() throws IOException {
        boolean guided = request.words().negative() != null;
        int calls = steps() * (guided ? 2 : 1);
        return "sampler: %s, shift %s, noise by %s%s%n%d network calls a picture, %s in all, %d at once, %d tokens each%nmemory%s:%n%s%n"
                .formatted(
                        request.method().sampler(),
                        schedule.shift(),
                        request.method().rng(),
                        guided ? ", true CFG " + Numbers.plain(request.words().trueCfg()) : "",
                        calls,
                        Counted.of(prompts * request.look().count() * variants.size(), "picture"),
                        rows,
                        inputs.packing().tokens(),
                        onCpu() ? "" : ", as much as ort-cpu would take",
                        memory().text("  "));
    }

    private boolean onCpu() {
        return engine.kind() == EngineKind.ORT_CPU;
    }

    /**
     * Refuses what this machine has no memory for. A GPU's own is not asked.
     *
     * @throws IllegalArgumentException with the parts and what to change
     */
    public void checkMemory() throws IOException {
        if (onCpu()) {
            memory().check("smaller --batch or --size helps");
        }
    }

    /** What it needs of memory on a CPU. */
    private MemoryPlan memory() throws IOException {
        int joint = inputs.packing().tokens() + model.base().text().positions(textLength());
        return SampleMemory.of(
                model, networks(), rows, joint, size, request.look().tiling(), request.precision());
    }

    private int textLength() {
        Integer length = request.words().length();
        return length == null ? model.base().text().length() : length;
    }

    /**
     * What reads the prompts, with what was read before kept on disk; the caller closes it.
     *
     * @param progress told the bytes of its files that must be read first
     */
    public PromptEncoder encoder(ReadProgress progress) throws IOException {
        return model.base().text().openCached(engine.kind(), textLength(), progress);
    }

    /** Engines for the networks that the trajectories ask for; the caller closes them. */
    public Painter painter() {
        Weights base = model.base().weights();
        Optional<TunedModel> tuned = model.tuned();
        Set<Step.Network> networks = networks();
        return new Painter(engine.kind(), model.base(), inputs, request.look().tiling(), () -> {
            if (tuned.isPresent() && tuned.get().unmerged()) {
                return new RolloutPolicy(engine, inputs, tuned.get().weights(), rows, false, Workers.one());
            }
            return new RolloutPolicy(
                    engine,
                    inputs,
                    tuned.map(TunedModel::weights).filter(weights -> networks.contains(Step.Network.TUNED)),
                    Optional.of(base).filter(weights -> networks.contains(Step.Network.BASE)),
                    rows);
        });
    }

    /** What the pictures have in common. */
    public Sample.Settings settings(String version) {
        boolean takesGuidance = model.base().architecture().takesGuidance();
        Double asked = request.look().guidance();
        return new Sample.Settings(
                model.words(),
                model.name(),
                model.weights(),
                request.words(),
                steps(),
                request.method(),
                schedule.shift(),
                takesGuidance ? OptionalDouble.of(asked == null ? model.guidance() : asked) : OptionalDouble.empty(),
                size,
                request.look().tiling(),
                rows,
                engine.kind(),
                request.engine() != RolloutConfig.Engine.AUTO,
                request.precision(),
                version);
    }

    /** @param negative embedded, or null */
    public SampleFolder.Contents contents(List<Prompt> prompts, TextEmbedding negative) {
        return new SampleFolder.Contents(
                new ArrayList<>(variants),
                prompts,
                negative,
                request.look().count(),
                request.look().seed(),
                rows);
    }
}
