package mixgrpo.tools.export;

import java.io.IOException;
import java.util.List;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.model.ImageModel;

/**
 * A model and which of its networks are meant.
 *
 * @param model folder in diffusers' layout, or {@value ImageModel#BUILT_IN}
 * @param variant which of several weights; empty for the plain ones
 * @param parts empty for all that the model has
 */
public record ModelSelection(String model, String variant, List<ModelPart> parts) {

    public ModelSelection {
        parts = List.copyOf(parts);
    }

    /** @throws GivenException if the folder cannot be understood */
    ModelFolder open() throws IOException {
        return GivenException.reading(() -> ModelFolder.open(ImageModel.folder(model), variant));
    }

    /**
     * Those that are meant, in the order in which they were named.
     *
     * @param folder that {@link #open} gave
     * @throws GivenException if the folder lacks one; names those it has
     */
    List<ModelPart> in(ModelFolder folder) {
        List<ModelPart> there = ModelPart.in(folder);
        for (ModelPart part : parts) {
            if (!there.contains(part)) {
                throw new GivenException(
                        "--component %s: expected one of %s, which %s has".formatted(part, there, folder.path()));
            }
        }
        return parts.isEmpty() ? there : parts;
    }

    boolean has(ModelPart part) {
        return parts.isEmpty() || parts.contains(part);
    }
}
