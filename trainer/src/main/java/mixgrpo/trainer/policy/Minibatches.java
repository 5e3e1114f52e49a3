package mixgrpo.trainer.policy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.trainer.advantage.Advantages;
import mixgrpo.trainer.config.OptimizerConfig;

/**
 * How an iteration's images are dealt out to its updates: every update has its part of every prompt's images, less those whose
 * advantage is too small to be used.
 *
 * @param optimizer which says how many updates there are and where their parts end
 * @param leastAdvantage absolute advantage from which on an image is used
 */
record Minibatches(List<Group> groups, Advantages advantages, OptimizerConfig optimizer, double leastAdvantage) {

    /** @param keep share of the images that is used, those with the largest absolute advantages */
    static Minibatches of(List<Group> groups, Advantages advantages, OptimizerConfig optimizer, double keep) {
        if (keep == 1) {
            return new Minibatches(groups, advantages, optimizer, 0);
        }
        double[] sorted = Arrays.stream(advantages.values())
                .flatMapToDouble(Arrays::stream)
                .map(Math::abs)
                .sorted()
                .toArray();
        int used = Math.max(1, (int) Math.ceil(keep * sorted.length));
        return new Minibatches(groups, advantages, optimizer, sorted[sorted.length - used]);
    }

    int count() {
        return optimizer.minibatches();
    }

    /** What an update takes its gradient of: one shard of every group, in order. The loss is a mean over (image, step). */
    List<Shard> shards(int number) {
        List<int[]> chosen = IntStream.range(0, groups.size())
                .mapToObj(g -> images(number, g))
                .toList();
        double factor = 1. / pairs(chosen);
        List<Shard> shards = new ArrayList<>();
        for (int g = 0; g < groups.size(); g++) {
            double[] own = advantages.of(g);
            double[] ofChosen = Arrays.stream(chosen.get(g))
                    .mapToDouble(image -> own[image])
                    .toArray();
            shards.add(Shard.of(groups.get(g), chosen.get(g), ofChosen, factor));
        }
        return shards;
    }

    /** None of a group without a window: the published schedules have such. */
    private int[] images(int number, int group) {
        if (groups.get(group).transitions().isEmpty()) {
            return new int[0];
        }
        double[] own = advantages.of(group);
        int start = optimizer.imagesBefore(number, own.length);
        return IntStream.range(start, optimizer.imagesBefore(number + 1, own.length))
                .filter(image -> Math.abs(own[image]) >= leastAdvantage)
                .toArray();
    }

    /** How many (image, step) the chosen images are trained on. */
    private long pairs(List<int[]> chosen) {
        return IntStream.range(0, groups.size())
                .mapToLong(g -> groups.get(g).transitions().stream()
                        .mapToLong(step -> Arrays.stream(chosen.get(g))
                                .filter(step::trains)
                                .count())
                        .sum())
                .sum();
    }
}
