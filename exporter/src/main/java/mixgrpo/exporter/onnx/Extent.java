package mixgrpo.exporter.onnx;

import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How long an axis is: a polynomial with whole coefficients over symbols, such as {@code 64}, {@code text + image} or
 * {@code 2*height}. What is no polynomial, such as a rounded quotient, becomes a symbol that is called by its formula, so that
 * equal formulas are equal extents.
 *
 * @param terms coefficient by product of symbols in alphabetical order ({@code "height*width"}); the constant's product is ""
 */
record Extent(SortedMap<String, Long> terms) {

    Extent {
        terms = new TreeMap<>(terms);
        terms.values().removeIf(coefficient -> coefficient == 0);
        terms = Collections.unmodifiableSortedMap(terms);
    }

    static Extent of(long value) {
        return new Extent(new TreeMap<>(Map.of("", value)));
    }

    static Extent symbol(String name) {
        return new Extent(new TreeMap<>(Map.of(name, 1L)));
    }

    /** An axis of a network's input: a number or a symbol. */
    static Extent parse(String axis) {
        return axis.matches("\\d+") ? of(Long.parseLong(axis)) : symbol(axis);
    }

    boolean isConstant() {
        return terms.isEmpty() || terms.size() == 1 && terms.containsKey("");
    }

    boolean is(long value) {
        return equals(of(value));
    }

    /** @throws IllegalStateException if it depends on a symbol */
    long value() {
        if (!isConstant()) {
            throw new IllegalStateException("an extent that is known in the definition is needed, got " + this);
        }
        return terms.getOrDefault("", 0L);
    }

    Extent plus(Extent other) {
        SortedMap<String, Long> sum = new TreeMap<>(terms);
        other.terms.forEach((product, coefficient) -> sum.merge(product, coefficient, Long::sum));
        return new Extent(sum);
    }

    Extent plus(long value) {
        return plus(of(value));
    }

    Extent minus(Extent other) {
        return plus(other.times(of(-1)));
    }

    Extent times(Extent other) {
        SortedMap<String, Long> result = new TreeMap<>();
        terms.forEach(
                (left, a) -> other.terms.forEach((right, b) -> result.merge(product(left, right), a * b, Long::sum)));
        return new Extent(result);
    }

    private static String product(String left, String right) {
        return Stream.of(left, right)
                .flatMap(symbols -> Arrays.stream(symbols.split("\\*")))
                .filter(symbol -> !symbol.isEmpty())
                .sorted()
                .collect(Collectors.joining("*"));
    }

    /** The quotient, rounded down. */
    Extent over(long divisor) {
        if (terms.values().stream().allMatch(coefficient -> coefficient % divisor == 0)) {
            SortedMap<String, Long> result = new TreeMap<>(terms);
            result.replaceAll((product, coefficient) -> coefficient / divisor);
            return new Extent(result);
        }
        return isConstant() ? of(Math.floorDiv(value(), divisor)) : symbol("floor((%s) / %d)".formatted(this, divisor));
    }

    /** {@code text + image}, {@code 2*height}, {@code 64}: symbols first. */
    @Override
    public String toString() {
        String symbols = terms.entrySet().stream()
                .filter(term -> !term.getKey().isEmpty())
                .map(term -> term.getValue() == 1 ? term.getKey() : term.getValue() + "*" + term.getKey())
                .collect(Collectors.joining(" + "));
        long constant = terms.getOrDefault("", 0L);
        if (symbols.isEmpty()) {
            return Long.toString(constant);
        }
        return constant == 0 ? symbols : "%s %s %d".formatted(symbols, constant < 0 ? "-" : "+", Math.abs(constant));
    }
}
