package mixgrpo.models.fuzz;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsFuzz {

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
                file("{}", 0),
                file("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}}", 24),
                file(
                        "{\"__metadata__\":{\"format\":\"pt\"},\"h\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[0,2]},"
                                + "\"b\":{\"dtype\":\"BF16\",\"shape\":[1,0,7],\"data_offsets\":[2,2]},"
                                + "\"i\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[2,10]}}",
                        10),
                file(
                        "{\"a\":{\"dtype\":\"U8\",\"shape\":[9223372036854775807,2],\"data_offsets\":[0,8]},"
                                + "\"a\":{\"dtype\":\"BOOL\",\"shape\":[8],\"data_offsets\":[4,12]}}",
                        12),
                file(
                        "{\"__metadata__\":{\"lora_adapter_metadata\":\"{\\\"transformer.lora_alpha\\\":8,\\\"transformer.alpha_pattern\\\":{\\\"to_q\\\":2}}\"},"
                                + "\"transformer.t.0.to_q.lora_A.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
                                + "\"transformer.t.0.to_q.lora_B.weight\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[8,16]}}",
                        16),
                file(
                        "{\"__metadata__\":{\"lora_adapter_metadata\":\"{\\\"transformer.lora_alpha\\\":8,\\\"transformer.alpha_pattern\\\":{\\\"t\177q\\\":2}}\"},"
                                + "\"transformer.t.0.to_q.lora_A.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
                                + "\"transformer.t.0.to_q.lora_B.weight\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[8,16]}}",
                        16),
                file(
                        "{\"lora_unet_single_blocks_0_linear1.alpha\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
                                + "\"lora_unet_single_blocks_0_linear1.lora_down.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[4,8]},"
                                + "\"lora_unet_single_blocks_0_linear1.lora_up.weight\":{\"dtype\":\"F32\",\"shape\":[7,1],\"data_offsets\":[8,36]}}",
                        36),
                file(
                        "{\"lora_unet_joint_blocks_0_context_block_adaLN_modulation_1.lora_down.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]},"
                                + "\"lora_unet_joint_blocks_0_context_block_adaLN_modulation_1.lora_up.weight\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[4,12]}}",
                        12),
                file(
                        "{\"double_blocks.0.img_attn.qkv.weight\":{\"dtype\":\"F32\",\"shape\":[3,1],\"data_offsets\":[0,12]},"
                                + "\"img_in.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[12,16]},"
                                + "\"txt_in.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[16,20]},"
                                + "\"vector_in.in_layer.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[20,24]},"
                                + "\"double_blocks.0.img_attn.norm.query_norm.scale\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[24,28]},"
                                + "\"final_layer.linear.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[28,32]}}",
                        32));
    }

    /** A file as the format lays it out, its data all ones of half precision. */
    private static byte[] file(String header, int dataBytes) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json);
        while (bytes.remaining() > 1) {
            bytes.putShort((short) 0x3c00);
        }
        return bytes.array();
    }

    @MethodSource("seeds")
    @DictionaryEntries({
        "\"dtype\"",
        "\"shape\"",
        "\"data_offsets\"",
        "\"__metadata__\"",
        "F32",
        "F16",
        "BF16",
        "F64",
        "I64",
        "I32",
        "I8",
        "U8",
        "BOOL",
        ".lora_A.weight",
        ".lora_B.weight",
        ".alpha",
        "double_blocks.",
        "single_blocks.",
        "model.diffusion_model.",
        "9223372036854775807",
        "axes_dims_rope"
    })
    @FuzzTest
    void safetensors(byte[] bytes) {
        Hostile.readsOrRefuses(hostile.write("hostile.safetensors", bytes));
    }
}
