package mixgrpo.tools;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import mixgrpo.tools.figures.Word;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * A value of an option that is one of a few words: an enum's constants as they are written on a command line, in any case.
 *
 * @param type of the constants
 */
record EnumWord<E extends Enum<E>>(Class<E> type) implements ITypeConverter<E> {

    /** Lets every option and parameter of an enum's type, of the command and of those below it, take and complete its words. */
    static void use(CommandLine line) {
        CommandSpec spec = line.getCommandSpec();
        for (OptionSpec option : List.copyOf(spec.options())) {
            spec.remove(option); // every one of them, so that they stay in their order
            spec.addOption(option.typeInfo().isEnum() ? inWords(option) : option);
        }
        for (PositionalParamSpec parameter : List.copyOf(spec.positionalParameters())) {
            if (parameter.typeInfo().isEnum()) {
                EnumWord<?> word = of(parameter.type());
                spec.remove(parameter);
                spec.addPositional(PositionalParamSpec.builder(parameter)
                        .converters(word)
                        .completionCandidates(word.words())
                        .build());
            }
        }
        line.getSubcommands().values().forEach(EnumWord::use);
    }

    private static OptionSpec inWords(OptionSpec option) {
        EnumWord<?> word = of(option.type());
        return OptionSpec.builder(option)
                .converters(word)
                .completionCandidates(word.words())
                .build();
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an enum's type, which one is not known here
    private static EnumWord<?> of(Class<?> type) {
        return new EnumWord(type);
    }

    @Override
    public E convert(String value) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> Word.of(constant).equals(value.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException(
                        "expected one of %s, got '%s'".formatted(String.join(", ", words()), value)));
    }

    /** All that may be given. */
    List<String> words() {
        return Arrays.stream(type.getEnumConstants()).map(Word::of).toList();
    }
}
