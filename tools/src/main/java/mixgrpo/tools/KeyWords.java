package mixgrpo.tools;

import java.util.Iterator;
import mixgrpo.tools.config.Configuration;

/** The keys of a configuration as a command line begins them, {@code seed=}. */
final class KeyWords implements Iterable<String> {

    @Override
    public Iterator<String> iterator() {
        return Configuration.keys().stream()
                .filter(key -> !key.contains("*"))
                .map(key -> key + "=")
                .iterator();
    }
}
