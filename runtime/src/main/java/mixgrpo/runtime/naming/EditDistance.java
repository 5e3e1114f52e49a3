package mixgrpo.runtime.naming;

/** How far a name is from another, in slips of the fingers. */
public final class EditDistance {

    /** A letter in another case is hardly a slip. */
    private static final double OTHER_CASE = 0.1;

    private EditDistance() {}

    /** Levenshtein's distance: letters to insert, delete or replace; one in another case counts {@value #OTHER_CASE}. */
    public static double between(String a, String b) {
        double[] previous = new double[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            double[] row = new double[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                row[j] = Math.min(
                        Math.min(previous[j], row[j - 1]) + 1,
                        previous[j - 1] + cost(a.charAt(i - 1), b.charAt(j - 1)));
            }
            previous = row;
        }
        return previous[b.length()];
    }

    private static double cost(char a, char b) {
        if (a == b) {
            return 0;
        }
        return Character.toLowerCase(a) == Character.toLowerCase(b) ? OTHER_CASE : 1;
    }
}
