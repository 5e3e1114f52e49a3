package mixgrpo.runtime.scenes;

/** Where the first object of a relation prompt is, seen from the second; y runs down. */
public enum Relation {
    LEFT_OF(-1, 0),
    RIGHT_OF(1, 0),
    ABOVE(0, -1),
    BELOW(0, 1);

    private final int x;
    private final int y;

    Relation(int x, int y) {
        this.x = x;
        this.y = y;
    }

    /** The same fact told from the second object. */
    public Relation mirrored() {
        return switch (this) {
            case LEFT_OF -> RIGHT_OF;
            case RIGHT_OF -> LEFT_OF;
            case ABOVE -> BELOW;
            case BELOW -> ABOVE;
        };
    }

    /** How far the first is from the second in this direction, in the units of the differences (first - second). */
    public double along(double dx, double dy) {
        return x * dx + y * dy;
    }

    /** How far the first is off this direction's axis, never negative. */
    public double across(double dx, double dy) {
        return Math.abs(x * dy) + Math.abs(y * dx);
    }

    /** The words in a prompt. */
    public String words() {
        return Words.of(this);
    }
}
