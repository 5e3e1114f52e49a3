package mixgrpo.runtime.scenes;

import java.util.Set;
import org.apache.commons.rng.UniformRandomProvider;

/** How often each kind of prompt is drawn, relative to the others. */
public record KindWeights(
        double single, double count, double pair, double relation, double countAndOne, double triple) {

    /** For pretraining and training: mostly two objects. */
    public static final KindWeights TRAINING = new KindWeights(.08, .20, .20, .27, .15, .10);

    /** For the development and test prompts. */
    public static final KindWeights HELD_OUT = new KindWeights(.10, .25, .20, .25, .15, .05);

    public KindWeights {
        double sum = 0;
        for (double weight : new double[] {single, count, pair, relation, countAndOne, triple}) {
            if (!(weight >= 0)) {
                throw new IllegalArgumentException("kind weights: expected numbers >= 0, got " + weight);
            }
            sum += weight;
        }
        if (!(sum > 0 && sum < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("kind weights: expected a positive finite sum, got " + sum);
        }
    }

    /** The weight of one kind. */
    public double of(Kind kind) {
        return switch (kind) {
            case SINGLE -> single;
            case COUNT -> count;
            case PAIR -> pair;
            case RELATION -> relation;
            case COUNT_AND_ONE -> countAndOne;
            case TRIPLE -> triple;
        };
    }

    /** Draws one of the given kinds, which must have a positive weight among them. */
    Kind draw(Set<Kind> kinds, UniformRandomProvider random) {
        double left = random.nextDouble() * kinds.stream().mapToDouble(this::of).sum();
        Kind drawn = null;
        for (Kind kind : Kind.values()) {
            if (kinds.contains(kind) && of(kind) > 0) {
                drawn = kind;
                left -= of(kind);
                if (left < 0) {
                    break;
                }
            }
        }
        return drawn;
    }
}
