package mixgrpo.tools.failure;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;

/** Something that the user gave cannot be used; the message says what, where and what to do. */
public final class GivenException extends RuntimeException {

    public GivenException(String message) {
        super(message);
    }

    public GivenException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Reads files. */
    public interface Reading<T> {
        T run() throws IOException;
    }

    /**
     * Reads what the user gave: a file that is broken is then the user's, not the disk's.
     *
     * @throws GivenException if a file cannot be understood
     * @throws FileSystemException if a file is not there or not readable
     */
    public static <T> T reading(Reading<T> reading) throws IOException {
        try {
            return reading.run();
        } catch (UncheckedIOException e) {
            throw given(e.getCause());
        } catch (IOException e) {
            throw given(e);
        }
    }

    private static GivenException given(IOException failure) throws IOException {
        if (failure instanceof FileSystemException || failure instanceof FileNotFoundException) {
            throw failure;
        }
        return new GivenException(failure.getMessage(), failure);
    }
}
