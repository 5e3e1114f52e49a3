package mixgrpo.runtime.text;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How transformers' slow CLIPTokenizer takes a prompt apart before its byte pairs, without the package ftfy, which diffusers does
 * not need: control and format characters are dropped, CJK characters stand alone, words are normalised to NFC and lower case, then
 * split into runs of letters, single digits and runs of the rest (transformers/models/clip/tokenization_clip.py:88-240, :319).
 */
final class ClipWords {

    private static final Pattern PIECES = Pattern.compile(
            "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+",
            Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);

    private final Pattern added;

    /** @param added tokens that are found in a prompt as they are written, before anything else */
    ClipWords(Collection<String> added) {
        this.added = Pattern.compile(added.stream()
                .sorted(Comparator.comparing(String::length).reversed())
                .map(Pattern::quote)
                .collect(Collectors.joining("|")));
    }

    /**
     * What byte pairs are merged in.
     *
     * @param start where its word starts in the prompt
     */
    record Piece(String text, int start) {}

    List<Piece> split(String prompt) {
        List<Piece> pieces = new ArrayList<>();
        Matcher token = added.matcher(prompt);
        int done = 0;
        while (token.find()) {
            split(prompt, done, token.start(), pieces);
            pieces.add(new Piece(token.group(), token.start()));
            done = token.end();
        }
        split(prompt, done, prompt.length(), pieces);
        return pieces;
    }

    private static void split(String prompt, int from, int to, List<Piece> pieces) {
        StringBuilder word = new StringBuilder();
        int start = from;
        for (int i = from; i < to; ) {
            int character = prompt.codePointAt(i);
            int next = i + Character.charCount(character);
            boolean alone = isCjk(character);
            if (alone || isSpace(character)) {
                addWord(word, start, pieces);
            }
            if (!isSpace(character) && !isDropped(character)) {
                start = word.isEmpty() ? i : start;
                word.appendCodePoint(character);
            }
            if (alone) {
                addWord(word, start, pieces);
            }
            i = next;
        }
        addWord(word, start, pieces);
    }

    private static void addWord(StringBuilder word, int start, List<Piece> pieces) {
        String lower = Normalizer.normalize(word, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
        Matcher piece = PIECES.matcher(lower);
        while (piece.find()) {
            pieces.add(new Piece(piece.group(), start));
        }
        word.setLength(0);
    }

    /** Python's white space; what of it is a control character is dropped before, but for three. */
    private static boolean isSpace(int character) {
        return character == '\t'
                || character == '\n'
                || character == '\r'
                || Character.isSpaceChar(character); // Zs, and the two separators of lines and paragraphs
    }

    private static boolean isDropped(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> true;
            default -> character == 0xFFFD;
        };
    }

    private static boolean isCjk(int character) {
        return in(character, 0x4E00, 0x9FFF)
                || in(character, 0x3400, 0x4DBF)
                || in(character, 0x20000, 0x2A6DF)
                || in(character, 0x2A700, 0x2CEAF)
                || in(character, 0xF900, 0xFAFF)
                || in(character, 0x2F800, 0x2FA1F);
    }

    private static boolean in(int character, int first, int last) {
        return character >= first && character <= last;
    }
}
