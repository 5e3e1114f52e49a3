package mixgrpo.tools;

import java.io.FileNotFoundException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.tools.failure.GivenException;
import picocli.CommandLine.ParameterException;

/** What a command's exit code says. */
public enum ExitCode {
    OK(0, "done"),
    FAILED(1, "the run failed: disk, memory, NaN, a reward"),
    GIVEN(2, "usage, configuration or a file that was given"),
    CHECK(3, "a check failed"),
    UNAVAILABLE(4, "an engine or a device is not available"),
    INTERRUPTED(130, "interrupted");

    private final int code;
    private final String meaning;

    ExitCode(int code, String meaning) {
        this.code = code;
        this.meaning = meaning;
    }

    public int code() {
        return code;
    }

    public String meaning() {
        return meaning;
    }

    /**
     * The code for a failure. An argument that is refused and a file that is not there were given by the user; other trouble with
     * files is the disk's, unless the code that read a user's file says otherwise by a {@link GivenException}.
     */
    static ExitCode of(Throwable failure) {
        if (failure instanceof InterruptedException) {
            return INTERRUPTED;
        } else if (failure instanceof EngineUnavailableException || failure instanceof UnsatisfiedLinkError) {
            return UNAVAILABLE;
        } else if (failure instanceof GivenException
                || failure instanceof ParameterException
                || failure instanceof IllegalArgumentException
                || failure instanceof NoSuchFileException
                || failure instanceof FileNotFoundException
                || failure instanceof NotDirectoryException
                || failure instanceof FileAlreadyExistsException
                || failure instanceof AccessDeniedException) {
            return GIVEN;
        }
        return FAILED;
    }
}
