package mixgrpo.tools;

import java.util.List;
import mixgrpo.tools.export.ModelPart;
import mixgrpo.tools.export.ModelSelection;
import mixgrpo.tools.model.ImageModel;
import picocli.CommandLine.Option;

/** The options that say which model is exported. */
final class FolderOptions {

    @Option(
            names = "--model",
            paramLabel = "DIR",
            defaultValue = ImageModel.BUILT_IN,
            description = "Model folder in diffusers' layout, or the built-in model's name. Default: ${DEFAULT-VALUE}.")
    private String model;

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            defaultValue = "",
            description = "Which of several weights, fp16 for one. Default: the plain ones, or the only ones.")
    private String variant;

    /** @param parts of it; empty for all that it has */
    ModelSelection selection(List<ModelPart> parts) {
        return new ModelSelection(model, variant, parts);
    }
}
