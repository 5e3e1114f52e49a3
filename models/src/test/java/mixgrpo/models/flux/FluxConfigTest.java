package mixgrpo.models.flux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
        Map<String, Consumer<ObjectNode>> faults = Map.of(
                "patch_size", json -> json.put("patch_size", 2),
                "axes_dims_rope", json -> json.putArray("axes_dims_rope").add(4),
                "num_layers", json -> json.put("num_layers", "many"),
                "in_channels", json -> json.remove("in_channels"));
        faults.forEach((field, fault) -> {
            ObjectNode json = CONFIG.json();
            fault.accept(json);
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> FluxConfig.of(json));
            assertTrue(e.getMessage().contains(field), e.getMessage());
        });
    }
}
