package mixgrpo.tools.failure;

/** A check that a command was asked for did not pass; the message says which and by how much. */
public final class CheckFailedException extends RuntimeException {

    public CheckFailedException(String message) {
        super(message);
    }
}
