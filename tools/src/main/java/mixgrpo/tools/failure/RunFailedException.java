package mixgrpo.tools.failure;

/** A run that had begun came to an end before its time, by nothing that the user gave; the message says why and how it goes on. */
public final class RunFailedException extends RuntimeException {

    public RunFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
