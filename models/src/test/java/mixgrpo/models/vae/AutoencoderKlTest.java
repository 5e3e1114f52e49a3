package mixgrpo.models.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mixgrpo.models.goldens.VaeCase;
import mixgrpo.models.weights.RenamedWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsCheck;
import org.junit.jupiter.api.Test;

class AutoencoderKlTest {

    private static final VaeConfig CONFIG =
            new VaeConfig(3, 3, 4, List.of(8, 16), 1, 8, true, true, true, .18215, 0, 512);

    @Test
    void checkpointWithOldAttentionKeysIsOneOfToday() throws IOException {
        try (VaeCase golden = VaeCase.open()) {
            Weights today = golden.weights();
            Weights old = new RenamedWeights(today, key -> key.replace(".to_q.", ".query.")
                    .replace(".to_k.", ".key.")
                    .replace(".to_v.", ".value.")
                    .replace(".to_out.0.", ".proj_attn."));
            assertTrue(old.shapes().containsKey("encoder.mid_block.attentions.0.proj_attn.bias"));
            for (Weights checkpoint : List.of(today, old)) {
                Weights current = AutoencoderKl.withCurrentKeys(checkpoint);
                WeightsCheck.same(AutoencoderKl.checkpoint(golden.config()), current, "the fixture");
                today.shapes().keySet().forEach(key -> assertArrayEquals(today.floats(key), current.floats(key), key));
            }
        }
    }

    @Test
    void twoArraysWithOneKeyAreRefused() throws IOException {
        try (VaeCase golden = VaeCase.open()) {
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class,
                    () -> new RenamedWeights(golden.weights(), key -> key.replace(".to_k.", ".to_q.")));
            assertTrue(e.getMessage().contains("to_k") && e.getMessage().contains("to_q"), e.getMessage());
        }
    }

    @Test
    void configurationComesBackFromItsJson() {
        assertEquals(CONFIG, VaeConfig.of(CONFIG.json()));
        VaeConfig flux = new VaeConfig(3, 3, 16, List.of(8, 16), 2, 8, true, false, false, .3611, .1159);
        assertEquals(flux, VaeConfig.of(flux.json()));
    }

    /** The first published autoencoders have neither the flags nor a shift. */
    @Test
    void fieldsOfLaterVersionsMayLack() {
        ObjectNode json = CONFIG.json();
        json.remove(List.of("use_quant_conv", "use_post_quant_conv", "mid_block_add_attention", "scaling_factor"));
        assertEquals(CONFIG, VaeConfig.of(json.putNull("shift_factor")));
        json.remove("shift_factor");
        assertEquals(CONFIG, VaeConfig.of(json));
        assertEquals(.18215f, VaeConfig.of(json).normalised(1));
    }

    @Test
    void quantConvolutionsAreThereWhereTheConfigurationSaysSo() {
        Set<String> with = AutoencoderKl.checkpoint(CONFIG).keySet();
        assertTrue(with.containsAll(List.of("quant_conv.weight", "post_quant_conv.bias")));
        ObjectNode json = CONFIG.json().put("use_quant_conv", false).put("use_post_quant_conv", false);
        Set<String> without = AutoencoderKl.checkpoint(VaeConfig.of(json)).keySet();
        assertFalse(without.stream().anyMatch(key -> key.contains("quant_conv")));
    }

    @Test
    void fieldsThatNobodyKnowsAreListed() throws IOException {
        try (VaeCase golden = VaeCase.open()) {
            assertEquals(List.of(), VaeConfig.unknownFields(golden.component().config()));
        }
        assertEquals(List.of("tiles"), VaeConfig.unknownFields(CONFIG.json().put("tiles", 4)));
    }

    @Test
    void whatIsNotSupportedIsNamed() {
        Map<String, ObjectNode> faults = Map.of(
                "latents_mean", withList("latents_mean"),
                "latents_std", withList("latents_std"),
                "act_fn", CONFIG.json().put("act_fn", "gelu"),
                "latent_channels", CONFIG.json().put("latent_channels", "four"),
                "block_out_channels", withList("block_out_channels"),
                "use_quant_conv", CONFIG.json().put("use_quant_conv", "no"),
                "scaling_factor", CONFIG.json().put("scaling_factor", "small"),
                "down_block_types", withList("down_block_types"));
        faults.forEach((field, json) -> {
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> VaeConfig.of(json));
            assertTrue(e.getMessage().contains(field), e.getMessage());
        });
    }

    private static ObjectNode withList(String field) {
        ObjectNode json = CONFIG.json();
        json.putArray(field).add("something");
        return json;
    }
}
