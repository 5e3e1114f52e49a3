package mixgrpo.tools;

import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How numbers on a command line are read. */
final class Numeral {

    private static final String WHOLE = "a whole number up to %d";

    private Numeral() {}

    /** Lets all options of the command and of those below it say what number they expect, in words of no programming language. */
    static void use(CommandLine line) {
        ITypeConverter<Integer> small = converter(WHOLE.formatted(Integer.MAX_VALUE), Integer::valueOf);
        ITypeConverter<Long> large = converter(WHOLE.formatted(Long.MAX_VALUE), Long::valueOf);
        ITypeConverter<Double> real = converter("a number", Double::valueOf);
        line.registerConverter(int.class, small)
                .registerConverter(Integer.class, small)
                .registerConverter(long.class, large)
                .registerConverter(Long.class, large)
                .registerConverter(double.class, real)
                .registerConverter(Double.class, real);
    }

    private static <T> ITypeConverter<T> converter(String expected, Function<String, T> reading) {
        return value -> {
            try {
                return reading.apply(value);
            } catch (NumberFormatException e) {
                throw new TypeConversionException("expected %s, got '%s'".formatted(expected, value));
            }
        };
    }
}
