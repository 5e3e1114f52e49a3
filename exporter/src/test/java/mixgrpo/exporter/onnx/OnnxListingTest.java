package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OnnxListingTest {

    /** One double and one single block. */
    private static final Network FLUX =
            FluxTransformer.of(new FluxConfig(16, 16, 1, 1, 16, 2, 24, 20, true, List.of(4, 6, 6)));

    /**
     * The graph is the one that was checked in, node by node. After a change that is meant, copy the file that the message names over
     * the one in {@code src/test/resources}.
     */
    @ParameterizedTest
    @EnumSource
    void theGraphOfFluxHasNotMoved(Form form) throws IOException {
        OnnxOptions options = form == Form.ORT ? OnnxOptions.ort() : OnnxOptions.portable();
        String actual = OnnxExport.of(FLUX, options).listing();
        String name = "flux-one-block.%s.txt".formatted(form.name().toLowerCase(Locale.ROOT));
        Path written = Path.of("target", name);
        Files.createDirectories(written.getParent());
        Files.writeString(written, actual);
        List<String> lines = actual.lines().toList();
        List<String> expected = expected(name);
        for (int i = 0; i < Math.min(lines.size(), expected.size()); i++) {
            if (!lines.get(i).equals(expected.get(i))) {
                fail("line %d of %s:%n- %s%n+ %s%nthe whole graph: %s"
                        .formatted(i + 1, name, expected.get(i), lines.get(i), written.toAbsolutePath()));
            }
        }
        assertEquals(expected.size(), lines.size(), written.toAbsolutePath().toString());
    }

    private static List<String> expected(String name) throws IOException {
        try (InputStream in = OnnxListingTest.class.getResourceAsStream(name)) {
            assertNotNull(in, name);
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }
}
