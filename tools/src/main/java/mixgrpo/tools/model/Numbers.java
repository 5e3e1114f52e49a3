package mixgrpo.tools.model;

import java.math.BigDecimal;

/** Numbers as people write them on a command line. */
public final class Numbers {

    private Numbers() {}

    /** Without an exponent or a fraction of zeros: 1, 3.5, 0.8. */
    public static String plain(double value) {
        if (!Double.isFinite(value)) {
            return Double.toString(value);
        }
        BigDecimal exact = BigDecimal.valueOf(value).stripTrailingZeros();
        return exact.toPlainString();
    }
}
