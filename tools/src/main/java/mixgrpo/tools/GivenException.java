package mixgrpo.tools;

/** Something that the user gave cannot be used; the message says what, where and what to do. */
public final class GivenException extends RuntimeException {

    public GivenException(String message) {
        super(message);
    }

    public GivenException(String message, Throwable cause) {
        super(message, cause);
    }
}
