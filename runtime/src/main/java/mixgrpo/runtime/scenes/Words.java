package mixgrpo.runtime.scenes;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How the constants of an enum are spelt in a prompt: in lower case, an underscore as a space. */
final class Words {
    private Words() {}

    static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    static <E extends Enum<E>> Optional<E> find(E[] constants, String word) {
        return Arrays.stream(constants)
                .filter(constant -> of(constant).equals(word))
                .findFirst();
    }
}
