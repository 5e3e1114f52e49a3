package mixgrpo.tools;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import mixgrpo.tools.export.ModelPart;
import mixgrpo.tools.export.ModelSelection;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say which networks of a model are meant. */
final class ModelOptions {

    private static final String ALL = "all";

    @Mixin
    private FolderOptions folder;

    @Option(
            names = "--component",
            paramLabel = "NAME",
            split = ",",
            completionCandidates = Components.class,
            description =
                    "transformer, vae-decoder, vae-encoder, text-encoder, text-encoder-2, text-encoder-3, or all that the model has. Default: all.")
    private List<String> components = new ArrayList<>();

    /** The words of {@code --component}. */
    static final class Components implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Stream.concat(
                            Stream.of(ALL), Arrays.stream(ModelPart.values()).map(ModelPart::toString))
                    .iterator();
        }
    }

    ModelSelection selection() {
        return folder.selection(components.contains(ALL) ? List.of() : parts());
    }

    private List<ModelPart> parts() {
        EnumWord<ModelPart> word = new EnumWord<>(ModelPart.class);
        try {
            return components.stream().map(word::convert).distinct().toList();
        } catch (TypeConversionException e) {
            throw new IllegalArgumentException("--component: %s; or all".formatted(e.getMessage()), e);
        }
    }
}
