package mixgrpo.runtime.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Expected pieces follow transformers' BasicTokenizer and CLIP's regular expression. */
class ClipWordsTest {

    private final ClipWords words = new ClipWords(List.of("<|startoftext|>", "<|endoftext|>", "!"));

    private void splits(String prompt, String... pieces) {
        assertEquals(
                List.of(pieces),
                words.split(prompt).stream().map(ClipWords.Piece::text).toList());
    }

    @Test
    void lettersRunDigitsStandAloneContractionsAreCutOff() {
        splits("Photo of 12 dogs, it's HE'D", "photo", "of", "1", "2", "dogs", ",", "it", "'s", "he", "'d");
    }

    @Test
    void controlAndFormatCharactersVanishWithinWords() {
        splits("ze\u200bro so\u00adft a\u0007b \ufffdc \ue000d", "zero", "soft", "ab", "c", "d");
    }

    @Test
    void everyKindOfWhiteSpacePartsWords() {
        splits("a\u00a0b\tc\nd\u3000e\u2028f \u2003 g", "a", "b", "c", "d", "e", "f", "g");
    }

    @Test
    void cjkCharactersStandAlone() {
        splits("a\u4e00\u53eab \ud840\udc00\ud840\udc01", "a", "\u4e00", "\u53ea", "b", "\ud840\udc00", "\ud840\udc01");
        splits("\u30c6\u30b9\u30c8", "\u30c6\u30b9\u30c8"); // kana are no CJK ideographs
    }

    @Test
    void wordsAreComposedAndInLowerCase() {
        splits("Cafe\u0301 A\u030a", "caf\u00e9", "\u00e5");
        splits("\u03a3\u039f\u03a3", "\u03c3\u03bf\u03c2"); // the last sigma of a word
    }

    @Test
    void addedTokensAreFoundAsTheyAreWrittenAndMarksInAnyCase() {
        splits("hi!!?<|endoftext|>x", "hi", "!", "!", "?", "<|endoftext|>", "x");
        splits("<|ENDOFTEXT|> ??<|EndOfText|>", "<|endoftext|>", "??<|", "endoftext", "|>");
    }

    @Test
    void piecesKnowWhereTheirWordStarts() {
        assertEquals(
                List.of(0, 0, 0, 8, 12),
                words.split("It's0  \u200bRed ! ").stream()
                        .map(ClipWords.Piece::start)
                        .toList());
    }
}
