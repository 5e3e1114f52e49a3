package mixgrpo.runtime.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.util.Arrays;

/**
 * The ids of a whole prompt, marks of start and end included, before they are cut or padded.
 *
 * @param ids the end mark last
 * @param wordStarts for every id the place in the prompt where its word starts
 */
record Tokens(String prompt, int[] ids, int[] wordStarts) {

    /** From a tokenizer that was given the prompt as it is and counts its characters in code points. */
    static Tokens of(String prompt, Encoding encoding) {
        long[] words = encoding.getWordIds();
        CharSpan[] spans = encoding.getCharTokenSpans();
        int[] starts = new int[words.length];
        for (int i = 0; i < starts.length; i++) {
            boolean sameWord = i > 0 && words[i] >= 0 && words[i] == words[i - 1];
            starts[i] = sameWord
                    ? starts[i - 1]
                    : spans[i] == null ? prompt.length() : prompt.offsetByCodePoints(0, spans[i].getStart());
        }
        return new Tokens(
                prompt,
                Arrays.stream(encoding.getIds()).mapToInt(Math::toIntExact).toArray(),
                starts);
    }

    /** At most {@code length} ids; of a longer prompt the first ones and the end mark. */
    int[] cut(int length) {
        int[] cut = Arrays.copyOf(ids, Math.min(ids.length, length));
        cut[cut.length - 1] = ids[ids.length - 1];
        return cut;
    }

    /** {@link #cut} and filled up to {@code length} with {@code pad}. */
    int[] padded(int length, int pad) {
        int[] padded = Arrays.copyOf(cut(length), length);
        if (ids.length < length) {
            Arrays.fill(padded, ids.length, length, pad);
        }
        return padded;
    }

    /** What {@link #cut} leaves out of the prompt, from the start of the first word that is not whole; empty if nothing. */
    String lost(int length) {
        return ids.length <= length ? "" : prompt.substring(wordStarts[length - 1]);
    }
}
