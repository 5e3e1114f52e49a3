package mixgrpo.tools.gpucheck;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.SafetensorsWriter;
import mixgrpo.trainer.pretrain.Initialization;

/**
 * A transformer with the widths of FLUX.1-dev and fewer blocks, of random weights in bfloat16: what engines make of true sizes.
 *
 * @param sizes of it
 */
public record RandomFlux(FluxConfig sizes) {

    private static final VaeConfig VAE =
            new VaeConfig(3, 3, 16, List.of(128, 256, 512, 512), 2, 32, true, false, false, .3611, .1159, 1024);
    private static final long SEED = 1;

    /**
     * FLUX.1-dev has 19 and 38.
     *
     * @param joint blocks, 0.34 billion parameters each
     * @param single blocks, 0.14 billion parameters each
     */
    public static RandomFlux of(int joint, int single) {
        return new RandomFlux(new FluxConfig(64, 64, joint, single, 128, 24, 4096, 768, true, List.of(16, 56, 56)));
    }

    /** Writes a model folder with the transformer alone, and the autoencoder's configuration, which says how large latents are. */
    public void write(Path folder) throws IOException {
        text(
                folder.resolve("model_index.json"),
                """
                {"_class_name": "FluxPipeline", "transformer": ["diffusers", "FluxTransformer2DModel"], "vae": ["diffusers", "AutoencoderKL"]}
                """);
        text(folder.resolve("transformer/config.json"), sizes.json().toString());
        text(folder.resolve("vae/config.json"), VAE.json().toString());
        Network network = FluxTransformer.of(sizes);
        SafetensorsWriter.write(
                folder.resolve("transformer/diffusion_pytorch_model.safetensors"),
                new Initialization(Inventory.parameters(network), key -> false, SEED),
                Dtype.BF16,
                Map.of());
    }

    private static void text(Path file, String content) throws IOException {
        Files.createDirectories(file.getParent());
        AtomicFile.write(file, content.getBytes(StandardCharsets.UTF_8));
    }
}
