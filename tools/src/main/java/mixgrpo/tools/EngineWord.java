package mixgrpo.tools;

import java.util.Arrays;
import java.util.Iterator;
import mixgrpo.trainer.config.RolloutConfig;

/** An engine, as in a configuration. */
final class EngineWord extends EnumWord<RolloutConfig.Engine> {

    EngineWord() {
        super(RolloutConfig.Engine.class);
    }

    /** What completes in a shell. */
    static final class Candidates implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(RolloutConfig.Engine.values())
                    .map(EnumWord::word)
                    .iterator();
        }
    }
}
