package mixgrpo.trainer.config;

import java.util.List;

/** Everything that is wrong with a configuration, one line per fault: {@code key: expected .., got ..}. */
public final class InvalidConfigException extends IllegalArgumentException {

    private final List<String> faults;

    public InvalidConfigException(List<String> faults) {
        super(String.join("\n", faults));
        this.faults = List.copyOf(faults);
    }

    public List<String> faults() {
        return faults;
    }
}
