package mixgrpo.models.sd3;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import mixgrpo.models.Inventory;
import mixgrpo.models.goldens.TransformerCase;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsCheck;
import org.junit.jupiter.api.Test;

class Sd3TransformerTest {

    private static final Sd3Config CONFIG = new Sd3Config(8, 2, 4, 4, 3, 8, 3, 24, 20, 7, List.of(0, 1), true);

    @Test
    void everyCheckpointHoldsExactlyWhatTheNetworkNeeds() throws IOException {
        assertFalse(TransformerCase.sd3Folders().isEmpty());
        for (Path folder : TransformerCase.sd3Folders()) {
            try (Component component = Component.open(folder.resolve("transformer"))) {
                Sd3Config config = Sd3Config.of(component.config());
                WeightsCheck.same(
                        Inventory.checkpoint(Sd3Transformer.of(config)), component.weights(), folder.toString());
            }
        }
    }

    /** A file that the goldens tests do not know would go untested. */
    @Test
    void everyFolderHasTheTwoFilesThatAreTested() throws IOException {
        for (Path folder : TransformerCase.sd3Folders()) {
            try (Stream<Path> files = Files.walk(folder)) {
                Set<String> others = new HashSet<>(files.filter(Files::isRegularFile)
                        .map(file -> folder.relativize(file).toString())
                        .filter(file -> !file.startsWith("transformer/"))
                        .toList());
                assertEquals(Set.of("cases/transformer.safetensors", "cases/gradients.safetensors"), others);
            }
        }
    }

    @Test
    void configurationComesBackFromItsJson() {
        Sd3Config plain = new Sd3Config(8, 2, 4, 6, 3, 8, 3, 24, 20, 7, List.of(), false);
        for (Sd3Config config : List.of(CONFIG, plain)) {
            assertEquals(config, Sd3Config.of(config.json()));
        }
    }

    /** What SD3 was published with, before SD3.5 had its fields. */
    @Test
    void fieldsOfLaterVersionsMayLack() {
        ObjectNode json = CONFIG.json();
        json.remove(List.of("dual_attention_layers", "qk_norm", "out_channels"));
        assertEquals(new Sd3Config(8, 2, 4, 4, 3, 8, 3, 24, 20, 7, List.of(), false), Sd3Config.of(json));
    }

    @Test
    void whatIsNotSupportedIsNamed() {
        Map<String, Consumer<ObjectNode>> faults = Map.of(
                "qk_norm", json -> json.put("qk_norm", "layer_norm"),
                "caption_projection_dim", json -> json.put("caption_projection_dim", 25),
                "dual_attention_layers",
                        json -> json.putArray("dual_attention_layers").add(3),
                "num_layers", json -> json.put("num_layers", "many"),
                "pos_embed_max_size", json -> json.putNull("pos_embed_max_size"));
        faults.forEach((field, fault) -> {
            ObjectNode json = CONFIG.json();
            fault.accept(json);
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> Sd3Config.of(json));
            assertTrue(e.getMessage().contains(field), e.getMessage());
        });
    }

    @Test
    void fieldsThatNobodyKnowsAreListed() throws IOException {
        for (Path folder : TransformerCase.sd3Folders()) {
            try (Component component = Component.open(folder.resolve("transformer"))) {
                assertEquals(List.of(), Sd3Config.unknownFields(component.config()));
            }
        }
        assertEquals(List.of("rotary"), Sd3Config.unknownFields(CONFIG.json().put("rotary", true)));
    }

    @Test
    void windowIsTheMiddleOfTheTable() {
        int side = CONFIG.posEmbedMaxSize();
        int dim = CONFIG.dim();
        float[] table = new float[side * side * dim];
        for (int i = 0; i < table.length; i++) {
            table[i] = i;
        }
        for (int rows = 1; rows <= side; rows++) {
            for (int columns = 1; columns <= side; columns++) {
                float[] expected = new float[rows * columns * dim];
                for (int i = 0; i < expected.length; i++) {
                    int row = i / dim / columns + (side - rows) / 2;
                    int column = i / dim % columns + (side - columns) / 2;
                    expected[i] = table[(row * side + column) * dim + i % dim];
                }
                for (int piece : new int[] {1, 7, dim, table.length}) {
                    assertArrayEquals(expected, PositionTable.window(CONFIG, new Table(table, piece), rows, columns));
                }
            }
        }
    }

    @Test
    void pictureLargerThanTheTableIsRefused() {
        Weights table = new Table(new float[0], 1);
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> PositionTable.window(CONFIG, table, 8, 1));
        assertTrue(e.getMessage().contains("7 x 7"), e.getMessage());
    }

    /** A table of positions that comes in pieces of a length. */
    private record Table(float[] values, int piece) implements Weights {
        @Override
        public Map<String, long[]> shapes() {
            return Map.of(PositionTable.KEY, new long[] {1, values.length / CONFIG.dim(), CONFIG.dim()});
        }

        @Override
        public void read(String key, FloatBuffer target) {
            target.put(values);
        }

        @Override
        public void pieces(String key, Consumer<FloatBuffer> sink) {
            for (int start = 0; start < values.length; start += piece) {
                sink.accept(FloatBuffer.wrap(values, start, Math.min(piece, values.length - start)));
            }
        }
    }
}
