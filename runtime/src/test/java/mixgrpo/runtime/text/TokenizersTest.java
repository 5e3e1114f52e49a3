package mixgrpo.runtime.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the goldens do not hold: other special tokens, lost words, broken files. */
class TokenizersTest {

    private static final Path FLUX = Path.of(System.getProperty("goldens"), "models", "flux");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    /** A tokenizer of two letters, as SD3's second one is set up: "!" pads, and is found anywhere. */
    private ClipTokenizer small() throws IOException {
        ObjectNode vocabulary = JSON.createObjectNode();
        for (String token :
                new String[] {"!", "a", "b", "!</w>", "a</w>", "b</w>", "ab</w>", "<|startoftext|>", "<|endoftext|>"}) {
            vocabulary.put(token, vocabulary.size());
        }
        JSON.writeValue(folder.resolve("vocab.json").toFile(), vocabulary);
        Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\na b</w>\n");
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                """
                {"model_max_length": 6, "pad_token": {"content": "!"}, "unk_token": "<|endoftext|>",
                 "added_tokens_decoder": {"0": {"content": "!"}, "8": {"content": "<|endoftext|>"}}}
                """);
        return ClipTokenizer.open(folder);
    }

    @Test
    void addedTokensHaveTheirOwnIdsAndPad() throws IOException {
        try (ClipTokenizer tokenizer = small()) {
            assertEquals(6, TokenizerFiles.open(folder).length(77));
            assertEquals(0, tokenizer.pad());
            Tokens tokens = tokenizer.tokenize("AB! ba");
            assertArrayEquals(new int[] {7, 6, 0, 2, 4, 8}, tokens.ids());
            assertArrayEquals(
                    new int[] {7, 6, 8, 0, 0, 0}, tokenizer.tokenize("ab").padded(6, 0));
        }
    }

    @Test
    void whatIsNotInTheVocabularyIsTheUnknownToken() throws IOException {
        try (ClipTokenizer tokenizer = small()) {
            assertArrayEquals(
                    new int[] {7, 1, 8, 5, 8}, tokenizer.tokenize("azb").ids());
        }
    }

    /** Without a normaliser and with other marks, to show that the file's rules hold. */
    @Test
    void fastTokenizerGoesByItsFile() throws IOException {
        small().close();
        String missing = assertThrows(IOException.class, () -> ClipTokenizer.openFast(folder))
                .getMessage();
        assertTrue(missing.contains("tokenizer.json") && missing.contains("CLIPTokenizerFast"), missing);
        Files.writeString(
                folder.resolve("tokenizer.json"),
                """
                {"version": "1.0", "truncation": {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0},
                 "padding": null, "added_tokens": [{"id": 0, "content": "!", "single_word": false, "lstrip": false,
                  "rstrip": false, "normalized": false, "special": true}],
                 "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "WhitespaceSplit"}, "decoder": null,
                 "post_processor": {"type": "RobertaProcessing", "sep": ["e", 4], "cls": ["s", 3], "trim_offsets": false,
                  "add_prefix_space": false},
                 "model": {"type": "BPE", "unk_token": "e", "end_of_word_suffix": "</w>",
                  "vocab": {"!": 0, "a": 1, "a</w>": 2, "s": 3, "e": 4}, "merges": []}}
                """);
        try (Tokenizer tokenizer = ClipTokenizer.openFast(folder)) {
            assertEquals(0, tokenizer.pad());
            assertArrayEquals(
                    new int[] {3, 1, 2, 0, 2, 4}, tokenizer.tokenize("Aa !a").ids());
        }
    }

    @Test
    void cutPromptsTellTheLostWordsAsTheyWereWritten() throws IOException {
        try (ClipTokenizer tokenizer = small()) {
            Tokens tokens = tokenizer.tokenize("AB  A BA \ud83d\ude00 Ab");
            assertEquals("", tokens.lost(tokens.ids().length));
            assertEquals("BA \ud83d\ude00 Ab", tokens.lost(5)); // the first of its tokens had still fitted
            assertArrayEquals(new int[] {7, 6, 4, 2, 8}, tokens.cut(5));
        }
        try (Tokenizer tokenizer = T5Tokenizer.open(FLUX.resolve("tokenizer_2"))) {
            String prompt = "\ud83d\ude00 Two  transmogrifications of red";
            Tokens tokens = tokenizer.tokenize(prompt);
            int[] ids = tokens.ids();
            assertEquals("", tokens.lost(ids.length));
            String lost = tokens.lost(ids.length - 1);
            assertTrue(lost.endsWith("red") && prompt.endsWith(lost) && lost.length() < 12, lost);
            assertEquals(ids[ids.length - 1], tokens.cut(4)[3]);
        }
    }

    @Test
    void folderWithoutTokenizerSaysWhatIsExpectedAndThere() throws IOException {
        Files.writeString(folder.resolve("merges.txt"), "");
        String clip = assertThrows(IOException.class, () -> ClipTokenizer.open(folder))
                .getMessage();
        assertTrue(
                clip.contains("vocab.json and merges.txt, or tokenizer.json") && clip.contains("[merges.txt]"), clip);
        String t5 =
                assertThrows(IOException.class, () -> T5Tokenizer.open(folder)).getMessage();
        assertTrue(t5.contains("tokenizer.json or spiece.model"), t5);
    }

    @Test
    void mergesThatDoNotFitTheVocabularyAreAnErrorWithThePath() throws IOException {
        small().close();
        Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\na q\n");
        String message = assertThrows(IOException.class, () -> ClipTokenizer.open(folder))
                .getMessage();
        assertTrue(message.startsWith(folder.toString()), message);
    }

    /** Cut or changed anywhere, a sentencepiece file is read or refused with its path, and nothing else happens. */
    @Test
    void brokenSentencepieceFilesAreRefused() throws IOException {
        byte[] whole = Files.readAllBytes(FLUX.resolve("tokenizer_2").resolve("spiece.model"));
        Path file = folder.resolve("spiece.model");
        long seed = 7;
        Random random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            byte[] broken = Arrays.copyOf(whole, i % 2 == 0 ? random.nextInt(whole.length) : whole.length);
            if (i % 2 == 1) {
                for (int change = 0; change < 8; change++) {
                    broken[random.nextInt(Math.min(2000, broken.length))] = (byte) random.nextInt();
                }
            }
            Files.write(file, broken);
            try {
                assertTrue(SentencePieceModel.read(file).pieces().size() > 0);
            } catch (IOException e) {
                refused++;
                assertTrue(e.getMessage().startsWith(file.toString()), "seed " + seed + ": " + e.getMessage());
            }
        }
        assertTrue(refused > 100, "refused " + refused);
    }
}
