package mixgrpo.trainer.config;

import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with one record, so that it is reported together. */
final class Faults {

    private final List<String> faults = new ArrayList<>();

    Faults expect(boolean met, String key, String expected, Object got) {
        if (!met) {
            faults.add("%s: expected %s, got %s".formatted(key, expected, "".equals(got) ? "nothing" : got));
        }
        return this;
    }

    /** At least 1. */
    Faults count(String key, int got) {
        return expect(got >= 1, key, "1 or more", got);
    }

    /** Finite and more than 0. */
    Faults positive(String key, double got) {
        return expect(got > 0 && got < Double.POSITIVE_INFINITY, key, "a positive number", got);
    }

    /** Finite and 0 or more. */
    Faults notNegative(String key, double got) {
        return expect(got >= 0 && got < Double.POSITIVE_INFINITY, key, "0 or more", got);
    }

    /** A solver's order under this head. */
    Faults solver(String head, PostConfig.Solver solver, int order) {
        return expect(order >= 1 && order <= 3, head + ".order", "1, 2 or 3", order)
                .expect(
                        solver != PostConfig.Solver.EULER || order == 1,
                        head + ".order",
                        "1 for %s.solver euler".formatted(head),
                        order);
    }

    /** More than 0 and at most 1. */
    Faults share(String key, double got) {
        return expect(got > 0 && got <= 1, key, "a share above 0 and at most 1", got);
    }

    /**
     * @throws InvalidConfigException if an expectation was not met
     */
    void throwIfAny() {
        if (!faults.isEmpty()) {
            throw new InvalidConfigException(faults);
        }
    }
}
