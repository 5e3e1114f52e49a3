package mixgrpo.trainer.policy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.Network;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.weights.OverlaidWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.trainer.advantage.Advantages;
import mixgrpo.trainer.checkpoint.WeightGroups;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.OptimizerConfig;
import mixgrpo.trainer.config.PolicyConfig;
import mixgrpo.trainer.loss.PolicyLoss;
import mixgrpo.trainer.torchscript.AdamW;
import mixgrpo.trainer.torchscript.LoraConfig;
import mixgrpo.trainer.torchscript.ParameterSet;
import mixgrpo.trainer.torchscript.ScriptOptions;
import mixgrpo.trainer.torchscript.TrainableNetwork;

/**
 * The trainable policy: the second expensive verb of the loop. An update uses its part of every prompt's images; gradients are summed
 * prompt by prompt in order. Not for concurrent use.
 */
public final class Policy implements AutoCloseable {

    private static final String OPTIMIZER = "optimizer";

    private final PolicyConfig train;
    private final OptimizerConfig optimizerConfig;
    private final LossConfig lossConfig;
    private final TrainableNetwork network;
    private final PolicyGradient gradient;
    private final TrainableNetwork referenceNetwork;
    private final PolicyGradient referencePolicy;
    private final AdamW optimizer;
    private final AdamW.MovingAverage average;

    /**
     * @param inputs of the network, which also say what it is
     * @param base weights to start from, which are also the reference's; read here only
     * @param seed of the adapters' first values
     * @throws IllegalArgumentException if a weight is missing or misshapen, or no layer matches the adapters' targets
     */
    public Policy(
            TransformerInputs inputs,
            Weights base,
            PolicyConfig train,
            OptimizerConfig optimizerConfig,
            LossConfig lossConfig,
            long seed) {
        this.train = train;
        this.optimizerConfig = optimizerConfig;
        this.lossConfig = lossConfig;
        Optional<LoraConfig> lora =
                train.mode() == PolicyConfig.Mode.LORA ? Optional.of(train.lora()) : Optional.empty();
        Network definition = inputs.network();
        ScriptOptions options = new ScriptOptions(train.precision(), train.recompute(), lora);
        Weights initial = lora.isEmpty()
                ? base
                : new InitialAdapters(base, TrainableNetwork.parameterShapes(definition, options), seed);
        network = new TrainableNetwork(definition, initial, options);
        PolicyLoss loss = PolicyLoss.of(lossConfig);
        gradient = new PolicyGradient(network, inputs, loss);
        referenceNetwork = loss.reference().isEmpty()
                ? null
                : new TrainableNetwork(definition, base, new ScriptOptions(train.precision(), false, Optional.empty()));
        referencePolicy = referenceNetwork == null ? null : new PolicyGradient(referenceNetwork, inputs, loss);
        optimizer = new AdamW(network);
        average = optimizerConfig.emaDecay() > 0 ? optimizer.newMovingAverage() : null;
    }

    /**
     * All updates of an iteration. The loss is a mean over an update's images and the steps that each is trained on, images with
     * advantage 0 among them; an update that has nothing to learn from is left out.
     *
     * @param groups one a prompt, of equal size
     */
    public UpdateStats update(int iteration, double learningRate, List<Group> groups, Advantages advantages) {
        Minibatches minibatches = Minibatches.of(groups, advantages, optimizerConfig, train.keep());
        List<Optional<Replay>> old = replays(groups);
        List<Optional<Replay>> reference = groups.stream()
                .map(group -> Optional.ofNullable(referencePolicy).map(policy -> policy.replay(group)))
                .toList();
        Summary engineDeviation = engineDeviation(groups, old);
        GradientStats all = GradientStats.NONE;
        int updates = 0;
        double norms = 0;
        for (int m = 0; m < minibatches.count(); m++) {
            List<Shard> shards = minibatches.shards(m);
            if (shards.stream().noneMatch(gradient::teaches)) {
                continue;
            }
            GradientStats stats = GradientStats.NONE;
            for (int g = 0; g < shards.size(); g++) {
                Shard shard = old.get(g).map(shards.get(g)::withOld).orElse(shards.get(g));
                stats = stats.plus(
                        gradient.add(reference.get(g).map(shard::withReference).orElse(shard)));
            }
            norms += step(learningRate, iteration * minibatches.count() + m);
            if (updates == 0 && engineDeviation.count() == 0) {
                engineDeviation = stats.ratios().logProbDeviation();
            }
            updates++;
            all = all.plus(stats);
        }
        return new UpdateStats(all, engineDeviation, updates, norms / updates);
    }

    /** What the policy says before its updates, of every group; empty where the engine's word counts. */
    private List<Optional<Replay>> replays(List<Group> groups) {
        boolean recompute = lossConfig.oldLogProb() == LossConfig.OldLogProb.RECOMPUTE;
        return groups.stream()
                .map(group -> recompute ? Optional.of(gradient.replay(group)) : Optional.<Replay>empty())
                .toList();
    }

    /** Of nothing where there are no replays: then the first update shows it. */
    private static Summary engineDeviation(List<Group> groups, List<Optional<Replay>> replays) {
        Summary deviation = Summary.NONE;
        for (int g = 0; g < groups.size(); g++) {
            Group group = groups.get(g);
            deviation = deviation.plus(
                    replays.get(g).map(replay -> replay.logProbDeviation(group)).orElse(Summary.NONE));
        }
        return deviation;
    }

    /** What is trained. Gradients that are added to its parameters go into the next update. */
    public TrainableNetwork network() {
        return network;
    }

    /**
     * Updates the weights, and their moving average, from the gradients that have been added; these are cleared.
     *
     * @param updatesBefore number of updates since the run began
     * @return norm of the gradients before clipping
     */
    public double step(double learningRate, int updatesBefore) {
        double norm = optimizer.step(new AdamW.Settings(
                learningRate,
                optimizerConfig.beta1(),
                optimizerConfig.beta2(),
                optimizerConfig.epsilon(),
                optimizerConfig.weightDecay(),
                optimizerConfig.maxGradNorm()));
        if (!Double.isFinite(norm)) {
            throw new IllegalStateException(
                    "the norm of the gradients is %s, so the weights are lost; the last checkpoint is whole. A smaller optimizer.learningRate or train.precision=fp32 may help"
                            .formatted(norm));
        }
        if (average != null) {
            // It follows quickly at first, so that it is not held back by the weights of the start.
            average.update(Math.min(optimizerConfig.emaDecay(), (1. + updatesBefore) / (10 + updatesBefore)));
        }
        return norm;
    }

    /** What an engine is made with to sample as the policy does now: adapters, of scale 1, are beside the weights of the base. */
    public Weights engineWeights() {
        return new OverlaidWeights(network.parameters(), rolloutWeights());
    }

    /** What such an engine must be given to follow the policy: all weights, a view, or adapters alone as they are now. */
    public Weights rolloutWeights() {
        return TunedWeights.sampled(network.parameters().trainedView(), train);
    }

    /** What is evaluated and saved for use: the moving average if one is kept, adapters folded in; a view that follows updates. */
    public Weights tunedWeights() {
        ParameterSet parameters = network.parameters();
        return TunedWeights.merged(parameters, average == null ? parameters.trainedView() : average.weights(), train);
    }

    /** The adapters of {@link #tunedWeights} as they are now, copied; empty if all weights are trained. */
    public Optional<Lora> tunedLora() {
        if (train.mode() != PolicyConfig.Mode.LORA) {
            return Optional.empty();
        }
        Weights trained = average == null ? network.parameters().trainedView() : average.weights();
        return Optional.of(Lora.of(trained, train.lora().scale()));
    }

    /** All that a run must remember of the policy, by group; views that follow updates. */
    public Map<String, Weights> state() {
        Map<String, Weights> groups = new LinkedHashMap<>();
        groups.put(TunedWeights.WEIGHTS, network.parameters().trainedView());
        groups.put(OPTIMIZER, optimizer.state());
        if (average != null) {
            groups.put(TunedWeights.AVERAGE, average.weights());
        }
        return groups;
    }

    /**
     * Takes over the state of another time.
     *
     * @throws IllegalArgumentException if an array is missing or misshapen
     */
    public void restore(Weights saved) {
        Weights weights = WeightGroups.group(saved, TunedWeights.WEIGHTS);
        for (String key : network.parameters().trainedShapes().keySet()) {
            network.parameters().write(key, weights.floats(key));
        }
        optimizer.restore(WeightGroups.group(saved, OPTIMIZER));
        if (average != null) {
            average.restore(WeightGroups.group(saved, TunedWeights.AVERAGE));
        }
    }

    @Override
    public void close() {
        try (network;
                referenceNetwork) {
            optimizer.close();
        }
    }
}
