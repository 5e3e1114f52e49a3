package mixgrpo.runtime.engine;

/** The library or device of an engine is missing on this machine; the message says which and what to do. */
public final class EngineUnavailableException extends RuntimeException {

    public EngineUnavailableException(String message) {
        super(message);
    }

    public EngineUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
