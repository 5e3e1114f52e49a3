package mixgrpo.models.fuzz;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import mixgrpo.models.Inventory;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.models.sd3.Sd3Transformer;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.ClipTextEncoder;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.text.T5Encoder;
import mixgrpo.models.vae.AutoencoderKl;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.JsonFile;
import mixgrpo.models.weights.ModelFolder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.provider.MethodSource;

/** The same bytes as every JSON file of a model folder. */
class JsonFuzz {

    private static Hostile hostile;

    @BeforeAll
    static void open() {
        hostile = new Hostile();
    }

    @AfterAll
    static void close() throws IOException {
        hostile.close();
    }

    static Stream<byte[]> seeds() {
        return Stream.of(
                        "{}",
                        "{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"../two.bin\"}}",
                        "{\"_class_name\":\"FluxPipeline\",\"vae\":[\"diffusers\",\"AutoencoderKL\"],\"feature_extractor\":[null,null]}",
                        "{\"num_layers\":1,\"num_single_layers\":2,\"in_channels\":16,\"attention_head_dim\":16,\"num_attention_heads\":2,"
                                + "\"joint_attention_dim\":24,\"pooled_projection_dim\":20,\"axes_dims_rope\":[4,6,6],\"guidance_embeds\":true}",
                        "{\"num_layers\":2,\"sample_size\":8,\"patch_size\":2,\"in_channels\":4,\"attention_head_dim\":8,\"num_attention_heads\":2,"
                                + "\"caption_projection_dim\":16,\"joint_attention_dim\":24,\"pooled_projection_dim\":20,\"pos_embed_max_size\":8,"
                                + "\"dual_attention_layers\":[0],\"qk_norm\":\"rms_norm\"}",
                        "{\"architectures\":[\"CLIPTextModel\"],\"hidden_size\":8,\"num_attention_heads\":2,\"num_hidden_layers\":1,\"vocab_size\":9}",
                        "{\"architectures\":[\"T5EncoderModel\"],\"d_model\":8,\"num_layers\":1,\"feed_forward_proj\":\"gated-gelu\"}",
                        "{\"block_out_channels\":[8,16],\"layers_per_block\":1,\"norm_num_groups\":4,\"latent_channels\":4,"
                                + "\"down_block_types\":[\"DownEncoderBlock2D\"],\"scaling_factor\":0.36,\"shift_factor\":0.1}",
                        "{\"num_layers\":1,\"sample_size\":8,\"in_channels\":4,\"attention_head_dim\":8,\"num_attention_heads\":2,"
                                + "\"caption_projection_dim\":16,\"qk_norm\":\"rms_n\177rm\",\"patch_size\":\"\177\",\"act_fn\":\"\177\","
                                + "\"latents_mean\":\"\177\",\"feed_forward_proj\":\"\177\",\"architectures\":[\"\177\"]}",
                        "{\"r\":4,\"lora_alpha\":8.0,\"alpha_pattern\":{\"to_q\":1},\"use_dora\":false}")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @DictionaryEntries({
        "\"weight_map\"", "\"_class_name\"", "\"num_layers\"", "\"num_single_layers\"", "\"axes_dims_rope\"",
                "\"patch_size\"",
        "\"attention_head_dim\"", "\"block_out_channels\"", "\"norm_num_groups\"", "\"layers_per_block\"", "2147483647",
                "1e999",
        "null", "[[[[", ".safetensors"
    })
    @FuzzTest
    void configs(byte[] bytes) {
        Path index = hostile.write("hostile.safetensors.index.json", bytes);
        Hostile.readsOrRefuses(index);
        Path model = hostile.write("model_index.json", bytes);
        Hostile.refusesClearly(model, () -> ModelFolder.open(model.getParent()));
        Path config = hostile.write("config.json", bytes);
        Hostile.refusesClearly(config, () -> {
            JsonNode json = JsonFile.read(config);
            Hostile.refusesClearly(config, () -> Inventory.parameters(FluxTransformer.of(FluxConfig.of(json))));
            Hostile.refusesClearly(config, () -> Inventory.checkpoint(Sd3Transformer.of(Sd3Config.of(json))));
            Hostile.refusesClearly(config, () -> Inventory.parameters(ClipTextEncoder.of(ClipConfig.of(json))));
            Hostile.refusesClearly(config, () -> Inventory.parameters(T5Encoder.of(T5Config.of(json))));
            Hostile.refusesClearly(config, () -> AutoencoderKl.checkpoint(VaeConfig.of(json)));
        });
    }
}
