package mixgrpo.tools.figures;

import java.util.Locale;

/** Constants of an enum as they are written on a command line, in a configuration and in results. */
public final class Word {

    private Word() {}

    /** {@code flash-star} for {@code FLASH_STAR}. */
    public static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
