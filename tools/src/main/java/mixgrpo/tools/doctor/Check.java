package mixgrpo.tools.doctor;

/**
 * One thing that was looked at.
 *
 * @param subject what, {@code libtorch} for one
 * @param state whether it fits
 * @param found what was found
 * @param advice what to do; empty if it fits
 */
public record Check(String subject, State state, String found, String advice) {

    /** Whether a thing fits. */
    public enum State {
        OK,
        /** Not there, and what the program does by default needs it not. */
        ABSENT,
        /** There, and likely to make trouble. */
        WARNING,
        /** The program does not work by default. */
        BROKEN
    }

    static Check ok(String subject, String found) {
        return new Check(subject, State.OK, found, "");
    }
}
