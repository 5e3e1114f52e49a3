package mixgrpo.tools.export;

import java.util.List;
import java.util.Map;

/**
 * What became of the engines of a model.
 *
 * @param passed whether none failed its verification
 * @param model name or folder
 * @param engine that was built
 * @param cache where entries lie
 * @param components one a network
 */
public record EngineBuildReport(boolean passed, String model, String engine, String cache, List<Component> components)
        implements EngineReport {

    /** What was done for an engine. */
    public enum State {
        /** The cache had it. */
        KNOWN("in the cache: verified before"),
        /** The same for a plan that nobody verified. */
        KEPT("in the cache, not verified (tools/export verify --engine tensorrt does it)"),
        /** It is not there, and nothing was to be built. */
        MISSING("not in the cache: would be built and verified"),
        BUILT("built, not verified"),
        VERIFIED("built and verified"),
        FAILED("built, but FAILED its verification");

        private final String meaning;

        State(String meaning) {
            this.meaning = meaning;
        }
    }

    /**
     * An engine.
     *
     * @param seconds that it took
     * @param key what it depends on, by name
     * @param stale entries of its name that were not used, and why
     * @param problems that its verification found
     * @param details of what was or would be built, for people
     */
    public record Component(
            String name,
            State state,
            double seconds,
            Map<String, String> key,
            List<String> stale,
            List<String> problems,
            List<String> details) {}

    @Override
    public String table() {
        StringBuilder text = new StringBuilder("%s, %s, cache %s%n".formatted(model, engine, cache));
        for (Component component : components) {
            text.append(
                    "%-16s %8.2f s  %s%n".formatted(component.name(), component.seconds(), component.state().meaning));
            component.details().forEach(detail -> text.append("  %s%n".formatted(detail)));
            component.stale().forEach(stale -> text.append("  not used: %s%n".formatted(stale)));
            component.problems().forEach(problem -> text.append("  %s%n".formatted(problem)));
        }
        return text.toString();
    }
}
