package mixgrpo.tools.export;

import java.io.IOException;
import java.nio.file.Path;
import mixgrpo.models.flux.BflFile;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.model.Architecture;
import mixgrpo.tools.model.FluxArchitecture;

/**
 * Writes a FLUX.1 transformer into one file with the keys of Black Forest Labs.
 *
 * @param source of its weights; adapters are folded in
 * @param dtype F32, F16 or BF16
 * @param out the file
 */
public record SingleFileExport(ExportSource source, Dtype dtype, Path out) {

    /**
     * @throws GivenException if the model's files cannot be understood, or it is no FLUX.1
     * @throws IOException if the file cannot be written; nothing is left behind
     */
    public void run() throws IOException {
        ModelFolder model = source.selection().open();
        Architecture architecture =
                GivenException.reading(() -> Architecture.of(model.json("transformer", "config.json")));
        if (!(architecture instanceof FluxArchitecture flux)) {
            throw new GivenException(
                    "--model %s: expected a FLUX.1, whose transformers are published in one file with keys of their own; got a %s"
                            .formatted(source.selection().model(), architecture.className()));
        }
        try (PartSource open = GivenException.reading(() -> source.open(model, ModelPart.TRANSFORMER))) {
            BflFile.write(out, flux.config(), open.weights(), dtype);
        }
    }
}
