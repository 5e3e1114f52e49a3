package mixgrpo.runtime.lifetime;

import java.util.ArrayDeque;
import java.util.Deque;

/** Resources that are opened one after the other and closed together, each whatever happens to the others. Not for concurrent use. */
public final class OpenResources implements AutoCloseable {

    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    /** Takes over a resource: from now on it is closed with the others. Returns it. */
    public <T extends AutoCloseable> T add(T resource) {
        open.push(resource);
        return resource;
    }

    /** Closes everything because opening the next thing failed; what fails now, too, is noted in that failure. */
    public void closeAfter(Throwable failure) {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception another) {
                failure.addSuppressed(another);
            }
        }
    }

    /**
     * Closes everything, the newest first. Afterwards there is nothing left to close.
     *
     * @throws RuntimeException the first failure, with the later ones suppressed; a checked exception is the cause of an
     *     IllegalStateException
     */
    @Override
    public void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (RuntimeException failure) {
                closeAfter(failure);
                throw failure;
            } catch (Exception checked) {
                IllegalStateException failure = new IllegalStateException("a resource cannot be closed", checked);
                closeAfter(failure);
                throw failure;
            }
        }
    }
}
