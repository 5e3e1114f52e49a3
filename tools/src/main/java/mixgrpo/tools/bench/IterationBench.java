package mixgrpo.tools.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxCost;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.noise.Noise;
import mixgrpo.runtime.noise.NoiseKey;
import mixgrpo.runtime.reward.Reward;
import mixgrpo.runtime.reward.Rewards;
import mixgrpo.runtime.rollout.Decoder;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.rollout.Tiling;
import mixgrpo.runtime.rollout.VaeDecoder;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.schedule.DynamicShift;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.PolicyEngine;
import mixgrpo.tools.model.RolloutPolicy;
import mixgrpo.tools.train.LoopParts;
import mixgrpo.tools.train.Recipe;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.libtorch.TorchDevice;
import mixgrpo.trainer.loop.Iteration;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Median;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.Phase;
import mixgrpo.trainer.metrics.PhaseClock;
import mixgrpo.trainer.metrics.ProcessMemory;
import mixgrpo.trainer.policy.Compute;
import mixgrpo.trainer.policy.Policy;
import mixgrpo.trainer.torchscript.MatmulRate;
import mixgrpo.trainer.torchscript.Precision;

/**
 * Measures an iteration of the product's loop on one policy, by the published recipe. Prompts are random embeddings, rewards random
 * numbers; a policy without autoencoder gives blank pictures. Whoever makes it closes it.
 */
public final class IterationBench implements AutoCloseable {

    private static final List<Phase> PHASES =
            List.of(Phase.ROLLOUT, Phase.DECODE, Phase.REWARD, Phase.TRAIN, Phase.SYNC);

    private static final double GUIDANCE = 3.5;
    private static final int DECODED_TOGETHER = 4;
    private static final double MATMUL_SECONDS = 0.5;

    private final BenchPlan plan;
    private final TrainConfig config;
    private final OpenResources open = new OpenResources();
    private final EngineKind engines;
    private final Workers workers;
    private final BenchPolicy policy;
    private final Iteration iteration;
    private final Plan trajectory;

    /**
     * @throws IOException if the policy cannot be read
     * @throws IllegalArgumentException if the plan asks for what the policy cannot do
     */
    public IterationBench(BenchPlan plan) throws IOException {
        this.plan = plan;
        config = recipe(plan);
        engines = EngineKind.of(config.rollout(), config.sync());
        try {
            workers = open.add(Workers.ofProcess());
            policy = open.add(BenchPolicy.open(plan.policy(), plan.modelVariant()));
            iteration = wire();
            trajectory = new Recipe(config)
                    .planner()
                    .plan(iteration.course().windows().at(0));
        } catch (IOException | RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    private static TrainConfig recipe(BenchPlan plan) throws IOException {
        String model = "model=" + ImageModel.BUILT_IN; // named only because a configuration has to name one
        TrainConfig published =
                Configuration.load("paper", List.of(), List.of(model)).config();
        List<String> keys = new ArrayList<>(List.of(
                model,
                "iterations=" + (plan.repeat() + 1),
                "prompts.perIteration=" + plan.prompts(),
                "rollout.steps=" + plan.steps(),
                "rollout.images=" + plan.images(),
                "rollout.odePrecision=" + Word.of(plan.odePrecision()),
                // How far the policy goes decides how many gradients are clipped to nothing and cost no backward pass.
                "loss.clipRange=" + published.loss().clipRange(),
                "optimizer.learningRate=" + published.optimizer().learningRate(),
                "optimizer.emaDecay=" + published.optimizer().emaDecay(),
                "optimizer.minibatches=" + plan.minibatches(),
                "train.precision=" + Word.of(plan.precision()),
                "train.recompute=" + plan.recompute()));
        keys.addAll(plan.window());
        return Configuration.load(plan.variant().toString(), List.of(), keys).config();
    }

    private Iteration wire() {
        FluxConfig sizes = policy.config();
        LatentPacking packing = new LatentPacking(
                sizes.inChannels() / 4,
                2 * plan.tokens().height(),
                2 * plan.tokens().width());
        FluxInputs inputs = new FluxInputs(sizes, packing, plan.textTokens(), GUIDANCE);
        Recipe recipe = new Recipe(config, packing, DynamicShift.FLUX).decided(engines, plan.textTokens());
        Policy trained = open.add(new Policy(
                inputs,
                policy.weights(),
                config.train(),
                recipe.optimizer(),
                config.loss(),
                config.seed(),
                new Compute(TorchDevice.CPU, workers)));
        RolloutPolicy rolloutPolicy = open.add(new RolloutPolicy(
                PolicyEngine.sampling(engines, recipe.config()),
                inputs,
                trained.engineWeights(),
                config.rollout().batch(),
                config.rollout().usesCoarseNetwork(),
                workers));
        Rewards rewards = open.add(Rewards.of(config.rewards().keySet().stream()
                .<Reward>map(RandomReward::new)
                .toList()));
        return new LoopParts(recipe, trained, rolloutPolicy, decoder(packing), rewards).iteration(prompts());
    }

    private Decoder decoder(LatentPacking packing) {
        if (policy.vaeConfig().isEmpty()) {
            Image blank = new Image(1, 1, new float[3]);
            return rows -> Collections.nCopies(rows.length, blank);
        }
        VaeConfig vae = policy.vaeConfig().get();
        if (vae.latentChannels() != packing.channels()) {
            throw new IllegalArgumentException(
                    "%s: the transformer's latents have %d channels, the autoencoder's %d; are they of one model?"
                            .formatted(plan.policy(), packing.channels(), vae.latentChannels()));
        }
        Engine engine = engines.load("decoder", AutoencoderKl.decoder(vae), policy.vaeWeights());
        return open.add(new VaeDecoder(engine, vae, packing, DECODED_TOGETHER, Tiling.NONE, workers));
    }

    private List<Prompt> prompts() {
        FluxConfig sizes = policy.config();
        List<Prompt> prompts = new ArrayList<>();
        NoiseKey key = NoiseKey.of(config.seed(), NoiseKey.Stream.RANDOM_TEXT);
        for (int i = 0; i < plan.prompts(); i++) {
            float[] states = new float[plan.textTokens() * sizes.jointAttentionDim()];
            float[] pooled = new float[sizes.pooledProjectionDim()];
            Noise.fill(states, key.withPrompt(i).withStep(0));
            Noise.fill(pooled, key.withPrompt(i).withStep(1));
            TextEmbedding text = new TextEmbedding(plan.textTokens(), plan.textTokens(), states, pooled);
            prompts.add(new Prompt(i, "random " + i, text));
        }
        return prompts;
    }

    private record Repetition(PhaseClock.Spent total, Map<Phase, PhaseClock.Spent> phases, Measurements measured) {}

    /**
     * Runs one iteration to warm up and the plan's repetitions.
     *
     * @param progress told how many repetitions are done
     */
    public IterationFigures measure(IntConsumer progress) throws IOException {
        List<Repetition> repetitions = new ArrayList<>();
        for (int i = 0; i <= plan.repeat(); i++) {
            progress.accept(i);
            PhaseClock clock = new PhaseClock();
            Measurements measured = iteration.run(i, clock);
            PhaseClock.Spent total = clock.total();
            Map<Phase, PhaseClock.Spent> phases = new LinkedHashMap<>();
            PHASES.forEach(phase -> phases.put(phase, clock.of(phase)));
            if (i > 0) {
                repetitions.add(new Repetition(total, phases, measured));
            }
        }
        return figures(repetitions, ProcessMemory.peakResidentBytes());
    }

    private IterationFigures figures(List<Repetition> repetitions, long peakMemory) {
        Map<String, IterationFigures.Spent> phases = new LinkedHashMap<>();
        for (Phase phase : PHASES) {
            phases.put(
                    phase.key(),
                    new IterationFigures.Spent(
                            Median.of(repetitions, r -> r.phases().get(phase).wallSeconds()),
                            Median.of(repetitions, r -> r.phases().get(phase).cpuSeconds())));
        }
        long forwards = Math.round(Median.of(repetitions, r -> count(r, Metric.TRAIN_FORWARDS)));
        long backwards = Math.round(Median.of(repetitions, r -> count(r, Metric.TRAIN_BACKWARDS)));
        FluxCost cost =
                new FluxCost(policy.config(), plan.textTokens(), plan.tokens().count());
        double rolloutWork = 1e-9 * cost.forward() * plan.prompts() * trajectory.networkRows(plan.images());
        double trainWork = 1e-9 * (cost.forward() * forwards + cost.backward() * backwards);
        IterationFigures.Rates matmul =
                new IterationFigures.Rates(1e-9 * matmul(Precision.FP32), 1e-9 * matmul(Precision.BF16));
        double rolloutRate = rolloutWork / phases.get(Phase.ROLLOUT.key()).cpuSeconds();
        double trainRate = trainWork / phases.get(Phase.TRAIN.key()).cpuSeconds();
        return new IterationFigures(
                plan.variant().toString(),
                Median.of(repetitions, r -> r.total().wallSeconds()),
                Median.of(repetitions, r -> r.total().cpuSeconds()),
                phases,
                trajectory.nfePerImage(plan.images()),
                forwards,
                backwards,
                peakMemory,
                plan.images(),
                plan.threads(),
                Word.of(plan.precision()),
                plan.recompute(),
                Word.of(plan.odePrecision()),
                plan.policy(),
                policy.parameters(),
                plan.prompts(),
                plan.tokens().count(),
                plan.textTokens(),
                plan.steps(),
                trajectory.scored().get(0).index(),
                trajectory.scored().size(),
                trajectory.trainedPerImage(),
                plan.minibatch(),
                plan.repeat(),
                new IterationFigures.Work(rolloutWork, trainWork),
                new IterationFigures.Work(rolloutRate, trainRate),
                matmul,
                trainRate / (plan.precision() == Precision.FP32 ? matmul.fp32() : matmul.bf16()));
    }

    /** The rate of the layers that a block of the policy is made of, over the tokens of a training batch. */
    private double matmul(Precision precision) {
        int dim = policy.config().dim();
        int shared = (trajectory.trainedPerImage() - 1) * plan.minibatch() + 1;
        long rows = (long) shared * (plan.textTokens() + plan.tokens().count());
        List<MatmulRate.Product> products = List.of(
                new MatmulRate.Product(rows, dim, dim),
                new MatmulRate.Product(rows, dim, 4L * dim),
                new MatmulRate.Product(rows, 4L * dim, dim));
        return MatmulRate.measure(products, precision, MATMUL_SECONDS);
    }

    private static double count(Repetition repetition, Metric metric) {
        return repetition.measured().get(metric).orElse(0);
    }

    @Override
    public void close() {
        open.close();
    }
}
