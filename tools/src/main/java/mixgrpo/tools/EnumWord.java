package mixgrpo.tools;

import java.util.Arrays;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A value of an option that is one of a few words: an enum's constants as they are written on a command line. */
abstract class EnumWord<E extends Enum<E>> implements ITypeConverter<E> {

    private final Class<E> type;

    EnumWord(Class<E> type) {
        this.type = type;
    }

    @Override
    public E convert(String value) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> word(constant).equals(value.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException("expected one of %s, got '%s'"
                        .formatted(
                                String.join(
                                        ", ",
                                        Arrays.stream(type.getEnumConstants())
                                                .map(EnumWord::word)
                                                .toList()),
                                value)));
    }

    /** "flash-star" for FLASH_STAR. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
