package mixgrpo.trainer.policy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import mixgrpo.models.Network;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.weights.OverlaidWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.workers.Workers;
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
    private final PolicyLoss loss;
    private final TrainableNetwork network;
    private final Workers workers;
    private final List<TrainableNetwork> networks = new ArrayList<>(); // one a worker
    private final List<PolicyGradient> gradients;
    private final TrainableNetwork referenceNetwork;
    private final PolicyGradient referencePolicy;
    private final AdamW optimizer;
    private final AdamW.MovingAverage average;

    /**
     * @param inputs of the network, which also say what it is
     * @param base weights to start from, which are also the reference's; read here only
     * @param seed of the adapters' first values
     * @param compute on what
     * @throws IllegalArgumentException if a weight is missing or misshapen, or no layer matches the adapters' targets
     */
    public Policy(
            TransformerInputs inputs,
            Weights base,
            PolicyConfig train,
            OptimizerConfig optimizerConfig,
            LossConfig lossConfig,
            long seed,
            Compute compute) {
        this.train = train;
        this.optimizerConfig = optimizerConfig;
        this.lossConfig = lossConfig;
        workers = compute.workers();
        Optional<LoraConfig> lora =
                train.mode() == PolicyConfig.Mode.LORA ? Optional.of(train.lora()) : Optional.empty();
        Network definition = inputs.network();
        ScriptOptions options = new ScriptOptions(train.precision(), train.recompute(), lora);
        Weights initial = lora.isEmpty()
                ? base
                : new InitialAdapters(base, TrainableNetwork.parameterShapes(definition, options), seed);
        network = new TrainableNetwork(definition, initial, options, compute.device());
        loss = PolicyLoss.of(lossConfig);
        if (workers.count() == 1) {
            networks.add(network);
        } else {
            IntStream.range(0, workers.count()).forEach(worker -> networks.add(network.replica()));
        }
        gradients = networks.stream()
                .map(own -> new PolicyGradient(own, inputs, loss))
                .toList();
        referenceNetwork = loss.reference().isEmpty()
                ? null
                : new TrainableNetwork(
                        definition,
                        base,
                        new ScriptOptions(train.precision(), false, Optional.empty()),
                        compute.device());
        referencePolicy = referenceNetwork == null ? null : new PolicyGradient(referenceNetwork, inputs, loss);
        optimizer = new AdamW(network);
        average = optimizerConfig.emaDecay() > 0 ? optimizer.newMovingAverage() : null;
    }

    /**
     * All updates of an iteration. The loss is a mean over an update's images and the steps that each is trained on, images with
     * advantage 0 among them; an update that has nothing to learn from is left out, and its images are counted as such. What other policies
     * say is asked of the images that an update learns from, in batches no larger than those of its gradients.
     *
     * @param groups one a prompt, of equal size
     * @param sampledByThis whether the groups were sampled by the policy as it is now, and not by an earlier one
     */
    public UpdateStats update(
            int iteration, double learningRate, List<Group> groups, Advantages advantages, boolean sampledByThis) {
        boolean decides = lossConfig.oldLogProb() == LossConfig.OldLogProb.AUTO && sampledByThis;
        boolean recomputed = lossConfig.oldLogProb() == LossConfig.OldLogProb.RECOMPUTE;
        Minibatches minibatches = Minibatches.of(groups, advantages, optimizerConfig, train.keep());
        List<List<Shard>> shards = new ArrayList<>();
        for (int m = 0; m < minibatches.count(); m++) {
            List<Shard> own = withReference(minibatches.shards(m));
            shards.add(recomputed ? withOld(own) : own);
        }
        Summary engineDeviation = engineDeviation(shards);
        GradientStats all = GradientStats.NONE;
        int updates = 0;
        double norms = 0;
        for (int m = 0; m < minibatches.count(); m++) {
            boolean current = updates == 0 && decides;
            GradientStats stats =
                    add(current ? shards.get(m).stream().map(Shard::ofCurrent).toList() : shards.get(m));
            all = all.plus(stats);
            if (stats.passes().forwards() == 0) { // nothing to learn from
                continue;
            }
            if (updates == 0 && engineDeviation.count() == 0) {
                engineDeviation = stats.ratios().logProbDeviation();
            }
            if (current && engineDeviation.mean() > lossConfig.deviationLimit()) {
                recomputed = true;
                for (int later = m + 1; later < minibatches.count(); later++) {
                    shards.set(later, withOld(shards.get(later))); // as long as the policy is the one that sampled
                }
            }
            norms += step(learningRate, iteration * minibatches.count() + m);
            updates++;
        }
        return new UpdateStats(all, engineDeviation, recomputed, updates, norms / updates);
    }

    /** Shards with what the policy says of them now, as the old one. */
    private List<Shard> withOld(List<Shard> shards) {
        return replayed(
                shards,
                gradients::get,
                (shard, replay) -> shard.withOld(loss.objective().needsMeans() ? replay : replay.withoutVelocities()));
    }

    /** Shards with what the reference policy says of them, if there is one. */
    private List<Shard> withReference(List<Shard> shards) {
        return referencePolicy == null ? shards : replayed(shards, worker -> referencePolicy, Shard::withReference);
    }

    /** Shards with what a policy says of them, each in a pass of its own, of the rows that its gradient will be taken of. */
    private List<Shard> replayed(
            List<Shard> shards, IntFunction<PolicyGradient> ofWorker, BiFunction<Shard, Replay, Shard> with) {
        List<Shard> replayed = new ArrayList<>();
        workers.inOrder(
                shards.size(),
                (worker, g) -> with.apply(shards.get(g), ofWorker.apply(worker).replay(shards.get(g))),
                (worker, g, shard) -> replayed.add(shard));
        return replayed;
    }

    /** Of nothing where nothing was computed again: then the first update shows it. */
    private static Summary engineDeviation(List<List<Shard>> shards) {
        return shards.stream()
                .flatMap(List::stream)
                .flatMap(shard -> shard.old().stream().map(replay -> replay.logProbDeviation(shard.group())))
                .reduce(Summary.NONE, Summary::plus);
    }

    /** Adds the gradients of shards, which workers compute side by side, to the network's in the order of the shards. */
    private GradientStats add(List<Shard> shards) {
        List<GradientStats> stats = new ArrayList<>();
        workers.inOrder(shards.size(), (worker, g) -> gradients.get(worker).add(shards.get(g)), (worker, g, result) -> {
            if (networks.get(worker) != network) {
                networks.get(worker).moveGradientsTo(network);
            }
            stats.add(result);
        });
        return stats.stream().reduce(GradientStats.NONE, GradientStats::plus);
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
            networks.stream().filter(own -> own != network).forEach(TrainableNetwork::close);
            optimizer.close();
        }
    }
}
