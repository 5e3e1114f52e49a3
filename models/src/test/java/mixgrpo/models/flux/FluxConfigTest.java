package mixgrpo.models.flux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import mixgrpo.models.goldens.TransformerCase;
import org.junit.jupiter.api.Test;

class FluxConfigTest {

    private static final FluxConfig CONFIG = new FluxConfig(8, 12, 2, 0, 16, 4, 24, 20, true, List.of(4, 6, 6));

    @Test
    void configurationComesBackFromItsJson() {
        assertEquals(CONFIG, FluxConfig.of(CONFIG.json()));
    }

    @Test
    void fieldsThatNobodyKnowsAreListed() throws IOException {
        try (TransformerCase golden = TransformerCase.open()) {
            assertEquals(List.of(), FluxConfig.unknownFields(golden.component().config()));
        }
        assertEquals(List.of("rotary"), FluxConfig.unknownFields(CONFIG.json().put("rotary", true)));
    }

    @Test
    void whatIsNotSupportedIsNamed() {
        Map<String, List<Consumer<ObjectNode>>> faults = Map.of(
                "patch_size", List.of(json -> json.put("patch_size", 2), json -> json.put("patch_size", "one")),
                "axes_dims_rope",
                        List.of(
                                json -> axes(json, 16),
                                json -> axes(json, 8, 8),
                                json -> axes(json, 4, 4, 4, 4),
                                json -> json.putArray("axes_dims_rope")
                                        .add(4)
                                        .add("6")
                                        .add(6),
                                json -> json.put("axes_dims_rope", 16)),
                "_class_name", List.of(json -> json.put("_class_name", "SD3Transformer2DModel")),
                "num_layers", List.of(json -> json.put("num_layers", "many")),
                "guidance_embeds", List.of(json -> json.put("guidance_embeds", "yes")),
                "out_channels", List.of(json -> json.put("out_channels", "twelve")),
                "in_channels", List.of(json -> json.remove("in_channels")));
        faults.forEach((field, ways) -> ways.forEach(fault -> {
            ObjectNode json = CONFIG.json();
            fault.accept(json);
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> FluxConfig.of(json));
            assertTrue(e.getMessage().startsWith(field), e.getMessage());
        }));
    }

    private static void axes(ObjectNode json, int... dims) {
        ArrayNode axes = json.putArray("axes_dims_rope");
        for (int dim : dims) {
            axes.add(dim);
        }
    }

    @Test
    void whatIsNullIsTheClasssDefault() {
        ObjectNode json = CONFIG.json();
        json.putNull("out_channels").putNull("guidance_embeds").putNull("patch_size");
        FluxConfig read = FluxConfig.of(json);
        assertEquals(CONFIG.inChannels(), read.outChannels());
        assertFalse(read.guidanceEmbeds());
    }
}
