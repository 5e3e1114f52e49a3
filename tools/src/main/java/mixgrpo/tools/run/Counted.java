package mixgrpo.tools.run;

/** Numbers of things as people write them. */
public final class Counted {

    private Counted() {}

    /** "1 iteration", "2 iterations". */
    public static String of(long number, String one) {
        return "%d %s%s".formatted(number, one, number == 1 ? "" : "s");
    }
}
