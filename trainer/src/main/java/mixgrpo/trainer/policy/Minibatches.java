package mixgrpo.trainer.policy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.trainer.advantage.Advantages;

/**
 * How an iteration's images are dealt out to its updates: update m has images [m k, (m + 1) k) of every prompt, less those whose
 * advantage is too small to be used.
 *
 * @param count of updates
 * @param leastAdvantage absolute advantage from which on an image is used
 */
record Minibatches(List<Group> groups, Advantages advantages, int count, double leastAdvantage) {

    /** @param keep share of the images that is used, those with the largest absolute advantages */
    static Minibatches of(List<Group> groups, Advantages advantages, int count, double keep) {
        if (keep == 1) {
            return new Minibatches(groups, advantages, count, 0);
        }
        double[] sorted = Arrays.stream(advantages.values())
                .flatMapToDouble(Arrays::stream)
                .map(Math::abs)
                .sorted()
                .toArray();
        int used = Math.max(1, (int) Math.ceil(keep * sorted.length));
        return new Minibatches(groups, advantages, count, sorted[sorted.length - used]);
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

    private int[] images(int number, int group) {
        double[] own = advantages.of(group);
        return IntStream.range(number * own.length / count, (number + 1) * own.length / count)
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
