package mixgrpo.tools.gpucheck;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mixgrpo.runtime.engine.EngineProbe;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.libtorch.TorchDevice;

/**
 * What of a machine and a build can be checked.
 *
 * @param training why a policy cannot be trained on a GPU; empty if it can
 * @param engines those that compute on a GPU and can run
 * @param lacking those that cannot, and why
 */
public record Ability(List<String> training, List<EngineKind> engines, List<EngineProbe.Finding> lacking) {

    public Ability {
        training = List.copyOf(training);
        engines = List.copyOf(engines);
        lacking = List.copyOf(lacking);
    }

    /** Of this machine. Loads libtorch, and the libraries of engines that have all they need. */
    public static Ability ofMachine() {
        return of(TorchDevice.missing(), EngineKind.probe());
    }

    private static Ability of(List<String> training, EngineProbe probe) {
        List<EngineKind> engines = new ArrayList<>();
        List<EngineProbe.Finding> lacking = new ArrayList<>();
        for (RolloutConfig.Engine engine : RolloutConfig.Engine.values()) {
            if (engine != RolloutConfig.Engine.AUTO && engine != RolloutConfig.Engine.ORT_CPU) {
                EngineProbe.Finding finding = EngineKind.finding(engine, probe);
                Arrays.stream(EngineKind.values())
                        .filter(kind -> finding.isUsable() && kind.name().equals(engine.name()))
                        .forEach(engines::add);
                if (!finding.isUsable()) {
                    lacking.add(finding);
                }
            }
        }
        return new Ability(training, engines, lacking);
    }

    /** Whether nothing can be checked. */
    public boolean isNone() {
        return !training.isEmpty() && engines.isEmpty();
    }

    /** Line by line what is missing for what cannot be checked. */
    public List<String> missing() {
        List<String> missing = new ArrayList<>();
        training.forEach(reason -> missing.add("training on a GPU: %s".formatted(reason)));
        for (EngineProbe.Finding finding : lacking) {
            finding.missing().forEach(reason -> missing.add("%s: %s".formatted(finding.engine(), reason)));
        }
        return missing;
    }
}
