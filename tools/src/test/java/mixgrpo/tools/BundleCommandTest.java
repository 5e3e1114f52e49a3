package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.TypeConversionException;

class BundleCommandTest {

    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private int bundle(String... arguments) {
        return Main.commandLine("bundle", new BundleCommand())
                .setOut(new PrintWriter(new StringWriter()))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    @Test
    void sizesAreBinaryWithAnIAndDecimalWithout() {
        BundleCommand.Size size = new BundleCommand.Size();
        assertEquals(16L << 20, size.convert("16MiB"));
        assertEquals(700_000_000L, size.convert("700MB"));
        assertEquals(2_000_000_000L, size.convert("2G"));
        assertEquals(3_000L, size.convert("3k"));
        assertEquals(12_345L, size.convert("12345"));
        for (String wrong : new String[] {"", "0", "MiB", "-1MB", "1.5GB", "16 MiB", "1TB"}) {
            assertThrows(TypeConversionException.class, () -> size.convert(wrong), wrong);
        }
    }

    @Test
    void whatIsThereIsNotWrittenOverAndAnotherProfileIsNotClaimed() {
        assertEquals(2, bundle(folder.toString()));
        assertTrue(err.toString().contains("exists already and is not overwritten"), err.toString());
        Path out = folder.resolve("out");
        assertEquals(2, bundle(out.toString(), "--profile", "no-such-profile"));
        assertTrue(err.toString().contains("got 'no-such-profile'; start this by tools/bundle"), err.toString());
        assertFalse(Files.exists(out));
    }
}
