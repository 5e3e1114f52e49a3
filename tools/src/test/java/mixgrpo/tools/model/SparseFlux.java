package mixgrpo.tools.model;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mixgrpo.models.Inventory;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;

/**
 * A folder of FLUX.1-dev's sizes whose files are sparse: headers are true, weights are holes that read as zeros, so that it takes some
 * kilobytes of disk. All in bfloat16: the transformer's 11.9 billion parameters are 23.8 GB.
 */
public final class SparseFlux {

    public static final FluxConfig TRANSFORMER =
            new FluxConfig(64, 64, 19, 38, 128, 24, 4096, 768, true, List.of(16, 56, 56));
    static final VaeConfig VAE =
            new VaeConfig(3, 3, 16, List.of(128, 256, 512, 512), 2, 32, true, false, false, .3611, .1159, 1024);

    private static final int CLIP_WIDTH = 768;
    private static final int T5_WIDTH = 4096;

    private SparseFlux() {}

    /** Writes it into a folder that exists; its tokenizers are the fixtures' tiny ones. */
    public static Path write(Path folder) throws IOException {
        Files.writeString(
                folder.resolve("model_index.json"),
                """
                {"_class_name": "FluxPipeline", "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
                 "text_encoder": ["transformers", "CLIPTextModel"], "text_encoder_2": ["transformers", "T5EncoderModel"],
                 "tokenizer": ["transformers", "CLIPTokenizer"], "tokenizer_2": ["transformers", "T5TokenizerFast"],
                 "transformer": ["diffusers", "FluxTransformer2DModel"], "vae": ["diffusers", "AutoencoderKL"]}
                """);
        for (String tokenizer : List.of("tokenizer", "tokenizer_2")) {
            Path files = Files.createDirectories(folder.resolve(tokenizer));
            try (Stream<Path> all =
                    Files.list(GoldenReport.folder("models", "flux").resolve(tokenizer))) {
                for (Path file : all.toList()) {
                    Files.copy(file, files.resolve(file.getFileName()));
                }
            }
        }
        json(
                folder.resolve("scheduler/scheduler_config.json"),
                """
                {"_class_name": "FlowMatchEulerDiscreteScheduler", "base_image_seq_len": 256, "base_shift": 0.5,
                 "max_image_seq_len": 4096, "max_shift": 1.15, "num_train_timesteps": 1000, "shift": 3.0, "use_dynamic_shifting": true}
                """);
        json(folder.resolve("transformer/config.json"), TRANSFORMER.json().toString());
        weights(folder, "transformer/diffusion_pytorch_model", Inventory.parameters(FluxTransformer.of(TRANSFORMER)));
        json(folder.resolve("vae/config.json"), VAE.json().toString());
        Map<String, long[]> vae = new LinkedHashMap<>(Inventory.parameters(AutoencoderKl.encoder(VAE)));
        vae.putAll(Inventory.parameters(AutoencoderKl.decoder(VAE)));
        weights(folder, "vae/diffusion_pytorch_model", vae);
        json(
                folder.resolve("text_encoder/config.json"),
                """
                {"architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "eos_token_id": 2, "hidden_act": "quick_gelu",
                 "hidden_size": 768, "intermediate_size": 3072, "layer_norm_eps": 1e-05, "max_position_embeddings": 77,
                 "num_attention_heads": 12, "num_hidden_layers": 12, "projection_dim": 768, "vocab_size": 49408}
                """);
        weights(folder, "text_encoder/model", clip());
        json(
                folder.resolve("text_encoder_2/config.json"),
                """
                {"architectures": ["T5EncoderModel"], "model_type": "t5", "d_ff": 10240, "d_kv": 64, "d_model": 4096,
                 "feed_forward_proj": "gated-gelu", "layer_norm_epsilon": 1e-06, "num_heads": 64, "num_layers": 24,
                 "relative_attention_max_distance": 128, "relative_attention_num_buckets": 32, "vocab_size": 32128}
                """);
        weights(folder, "text_encoder_2/model", t5());
        return folder;
    }

    private static void json(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private static Map<String, long[]> clip() {
        int wide = 4 * CLIP_WIDTH;
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("text_model.embeddings.position_embedding.weight", new long[] {77, CLIP_WIDTH});
        shapes.put("text_model.embeddings.token_embedding.weight", new long[] {49408, CLIP_WIDTH});
        for (int layer = 0; layer < 12; layer++) {
            String path = "text_model.encoder.layers.%d.".formatted(layer);
            norm(shapes, path + "layer_norm1");
            norm(shapes, path + "layer_norm2");
            linear(shapes, path + "mlp.fc1", wide, CLIP_WIDTH);
            linear(shapes, path + "mlp.fc2", CLIP_WIDTH, wide);
            for (String projection : List.of("k_proj", "out_proj", "q_proj", "v_proj")) {
                linear(shapes, path + "self_attn." + projection, CLIP_WIDTH, CLIP_WIDTH);
            }
        }
        norm(shapes, "text_model.final_layer_norm");
        return shapes;
    }

    private static void norm(Map<String, long[]> shapes, String path) {
        shapes.put(path + ".weight", new long[] {CLIP_WIDTH});
        shapes.put(path + ".bias", new long[] {CLIP_WIDTH});
    }

    private static void linear(Map<String, long[]> shapes, String path, long out, long in) {
        shapes.put(path + ".weight", new long[] {out, in});
        shapes.put(path + ".bias", new long[] {out});
    }

    private static Map<String, long[]> t5() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        for (int block = 0; block < 24; block++) {
            String path = "encoder.block.%d.layer.".formatted(block);
            for (String projection : List.of("k", "o", "q", "v")) {
                shapes.put(path + "0.SelfAttention.%s.weight".formatted(projection), new long[] {T5_WIDTH, T5_WIDTH});
            }
            if (block == 0) {
                shapes.put(path + "0.SelfAttention.relative_attention_bias.weight", new long[] {32, 64});
            }
            shapes.put(path + "0.layer_norm.weight", new long[] {T5_WIDTH});
            shapes.put(path + "1.DenseReluDense.wi_0.weight", new long[] {10240, T5_WIDTH});
            shapes.put(path + "1.DenseReluDense.wi_1.weight", new long[] {10240, T5_WIDTH});
            shapes.put(path + "1.DenseReluDense.wo.weight", new long[] {T5_WIDTH, 10240});
            shapes.put(path + "1.layer_norm.weight", new long[] {T5_WIDTH});
        }
        shapes.put("encoder.final_layer_norm.weight", new long[] {T5_WIDTH});
        shapes.put("shared.weight", new long[] {32128, T5_WIDTH});
        return shapes;
    }

    /** A safetensors file of bfloat16 whose data are a hole. */
    private static void weights(Path folder, String name, Map<String, long[]> shapes) throws IOException {
        StringBuilder header = new StringBuilder("{");
        long end = 0;
        for (Map.Entry<String, long[]> array : shapes.entrySet()) {
            long start = end;
            end += 2 * Arrays.stream(array.getValue()).reduce(1, (a, b) -> a * b);
            header.append("%s\"%s\": {\"dtype\": \"BF16\", \"shape\": [%s], \"data_offsets\": [%d, %d]}"
                    .formatted(
                            header.length() == 1 ? "" : ", ",
                            array.getKey(),
                            Arrays.stream(array.getValue())
                                    .mapToObj(Long::toString)
                                    .collect(Collectors.joining(", ")),
                            start,
                            end));
        }
        header.append('}');
        while (header.length() % Long.BYTES != 0) {
            header.append(' '); // as the reference writer does, so that arrays begin at even addresses
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer length =
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, json.length);
        try (RandomAccessFile file =
                new RandomAccessFile(folder.resolve(name + ".safetensors").toFile(), "rw")) {
            file.write(length.array());
            file.write(json);
            file.setLength(8 + json.length + end);
        }
    }
}
