package mixgrpo.runtime.lifetime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpenResourcesTest {

    private final List<String> closed = new ArrayList<>();
    private final OpenResources open = new OpenResources();

    private AutoCloseable resource(String name, Exception failure) {
        return () -> {
            closed.add(name);
            if (failure != null) {
                throw failure;
            }
        };
    }

    @Test
    void theNewestIsClosedFirstAndEachOnce() {
        AutoCloseable first = resource("first", null);
        assertSame(first, open.add(first));
        open.add(resource("second", null));
        open.close();
        open.close();
        assertEquals(List.of("second", "first"), closed);
    }

    @Test
    void allAreClosedThoughSomeFail() {
        open.add(resource("first", new IOException("disk")));
        open.add(resource("second", new IllegalArgumentException("ours")));
        open.add(resource("third", null));
        RuntimeException failure = assertThrows(IllegalArgumentException.class, open::close);
        assertEquals(List.of("third", "second", "first"), closed);
        assertEquals("disk", failure.getSuppressed()[0].getMessage());
    }

    @Test
    void aCheckedFailureBecomesACause() {
        open.add(resource("first", new IllegalStateException("later")));
        open.add(resource("second", new IOException("disk")));
        RuntimeException failure = assertThrows(IllegalStateException.class, open::close);
        assertEquals("disk", failure.getCause().getMessage());
        assertEquals("later", failure.getSuppressed()[0].getMessage());
    }

    @Test
    void aFailureToOpenKeepsItsPlace() {
        IOException failure = new IOException("no such model");
        open.add(resource("first", new IllegalStateException("busy")));
        open.closeAfter(failure);
        assertEquals(List.of("first"), closed);
        assertEquals("busy", failure.getSuppressed()[0].getMessage());
    }
}
