package mixgrpo.runtime.reward;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.naming.EditDistance;
import mixgrpo.runtime.workers.Workers;

/** The rewards of a run, found by name on the class path. Owns them: closing it closes each. */
public final class Rewards implements AutoCloseable {
    private final List<Reward> rewards;
    private final Workers workers;

    private Rewards(List<Reward> rewards, Workers workers) {
        this.rewards = rewards;
        this.workers = workers;
    }

    /**
     * Finds the rewards of these names, in their order.
     *
     * @throws IllegalArgumentException if there is none of a name, naming the nearest and all known ones; or if a class on
     *     the class path has a name that is taken or unusable
     */
    public static Rewards named(Collection<String> names) {
        return named(names, Workers.one());
    }

    /** Those which {@link #named(Collection)} finds, scoring at the same time, each with a worker; the workers stay the caller's. */
    public static Rewards named(Collection<String> names, Workers workers) {
        return named(names, workers, Thread.currentThread().getContextClassLoader());
    }

    /** These rewards, by the names that they have. */
    public static Rewards of(List<Reward> rewards) {
        return new Rewards(List.copyOf(rewards), Workers.one());
    }

    /** Names of all rewards on the class path. */
    public static Set<String> known() {
        return known(Thread.currentThread().getContextClassLoader()).keySet();
    }

    static Rewards named(Collection<String> names, Workers workers, ClassLoader classPath) {
        SortedMap<String, Reward> known = known(classPath);
        List<Reward> found = new ArrayList<>();
        for (String name : names) {
            Reward reward = known.get(name);
            if (reward == null) {
                throw new IllegalArgumentException(
                        "reward '%s': none of that name on the class path; did you mean '%s'? Known are %s (a reward of your own: a jar in MIXGRPO_CLASS_PATH whose META-INF/services/%s names its class)"
                                .formatted(
                                        name,
                                        nearest(name, known.keySet()),
                                        String.join(", ", known.keySet()),
                                        Reward.class.getName()));
            }
            found.add(reward);
        }
        return new Rewards(List.copyOf(found), workers);
    }

    private static SortedMap<String, Reward> known(ClassLoader classPath) {
        SortedMap<String, Reward> known = new TreeMap<>();
        for (Reward reward : ServiceLoader.load(Reward.class, classPath)) {
            String itsClass = reward.getClass().getName();
            if (!reward.name().matches("[A-Za-z0-9_-]+")) {
                throw new IllegalArgumentException("reward %s: expected a name of letters, digits, - and _, got '%s'"
                        .formatted(itsClass, reward.name()));
            }
            Reward other = known.put(reward.name(), reward);
            if (other != null) {
                throw new IllegalArgumentException(
                        "two rewards on the class path are named '%s': %s and %s; remove one of the jars"
                                .formatted(reward.name(), other.getClass().getName(), itsClass));
            }
        }
        return known;
    }

    /** The rewards' names, in order. */
    public List<String> names() {
        return rewards.stream().map(Reward::name).toList();
    }

    /**
     * Asks every reward whether it can score pictures of these prompts.
     *
     * @param required names of those that must score all of them
     * @return what cannot be scored, a sentence for each reward that leaves some out
     * @throws IllegalArgumentException if a required one refuses a prompt, or another one all of them
     */
    public List<String> refusals(List<String> prompts, int width, int height, Collection<String> required) {
        List<String> sentences = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        List<String> without = new ArrayList<>();
        for (Reward reward : rewards) {
            List<String> reasons = prompts.stream()
                    .flatMap(prompt -> reward.refusal(prompt, width, height).stream())
                    .toList();
            if (reasons.isEmpty()) {
                continue;
            }
            String sentence = "reward '%s' cannot score pictures of %d of the %d prompts, the first: %s"
                    .formatted(reward.name(), reasons.size(), prompts.size(), reasons.get(0));
            if (required.contains(reward.name()) || reasons.size() == prompts.size()) {
                refused.add(sentence);
                without.add("rewards.%s=null".formatted(reward.name()));
            } else {
                sentences.add(sentence);
            }
        }
        if (!refused.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s; take prompts that can be scored, or take %s away (%s) and have another to train on (rewards.jpeg.weight=1 for one)"
                            .formatted(
                                    String.join("; ", refused),
                                    refused.size() == 1 ? "the reward" : "these rewards",
                                    String.join(" ", without)));
        }
        return sentences;
    }

    /**
     * Scores a batch, one picture per prompt, with every reward.
     *
     * @return the scores by the reward's name, in order
     * @throws IllegalStateException if a reward does not give one score per picture
     */
    public Map<String, Scores> score(List<Image> images, List<String> prompts) {
        Scores[] ofEach = new Scores[rewards.size()];
        workers.all(ofEach.length, (worker, index) -> ofEach[index] = scores(rewards.get(index), images, prompts));
        Map<String, Scores> scores = new LinkedHashMap<>();
        for (int i = 0; i < ofEach.length; i++) {
            scores.put(rewards.get(i).name(), ofEach[i]);
        }
        return scores;
    }

    private static Scores scores(Reward reward, List<Image> images, List<String> prompts) {
        Scores scores;
        try {
            scores = reward.score(images, prompts);
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "reward '%s' (%s) failed: %s"
                            .formatted(reward.name(), reward.getClass().getName(), e),
                    e);
        }
        if (scores.values().length != images.size()) {
            throw new IllegalStateException("reward '%s' (%s): expected %d scores, one per image, got %d"
                    .formatted(reward.name(), reward.getClass().getName(), images.size(), scores.values().length));
        }
        return scores;
    }

    @Override
    public void close() {
        OpenResources open = new OpenResources();
        rewards.forEach(open::add);
        open.close();
    }

    private static String nearest(String name, Collection<String> known) {
        return known.stream()
                .min(Comparator.comparingDouble(candidate -> EditDistance.between(name, candidate)))
                .orElse("");
    }
}
