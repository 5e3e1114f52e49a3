package mixgrpo.tools.export;

import java.util.Optional;
import mixgrpo.exporter.onnx.Form;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.config.SyncConfig;

/**
 * What is verified.
 *
 * @param selection the networks
 * @param engine that is tried
 * @param precision of its graphs
 * @param form of its graphs; its own if nobody says it
 * @param mode how it takes new weights
 * @param reference what it is held against; by the network's size if nobody says it
 * @param sizes of the inputs
 * @param stages whether inner values are compared, too
 */
public record VerifyPlan(
        ModelSelection selection,
        EngineKind engine,
        Precision precision,
        Optional<Form> form,
        SyncConfig.Mode mode,
        Optional<TrustedNetwork> reference,
        ProbeSizes sizes,
        boolean stages) {}
