package mixgrpo.runtime.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import mixgrpo.models.weights.JsonFile;

/**
 * CLIP's byte pairs, as transformers' slow CLIPTokenizer makes them, which the pipelines of FLUX and SD3 load. {@link ClipWords} takes a
 * prompt apart, HuggingFace's library merges the pairs.
 */
final class ClipTokenizer implements Tokenizer {

    private static final String START = "<|startoftext|>";
    private static final String END = "<|endoftext|>";
    private static final int MERGES = 49152 - 256 - 2; // transformers reads no more of merges.txt

    private final HuggingFaceTokenizer merger;
    private final ClipWords words;
    private final int start;
    private final int end;
    private final int pad;

    private ClipTokenizer(HuggingFaceTokenizer merger, ClipWords words, int start, int end, int pad) {
        this.merger = merger;
        this.words = words;
        this.start = start;
        this.end = end;
        this.pad = pad;
    }

    /**
     * Opens the tokenizer of a folder: {@code vocab.json} and {@code merges.txt}, or else what {@code tokenizer.json} says about both.
     *
     * @throws IOException if they are missing or broken; says what was found
     */
    static ClipTokenizer open(Path folder) throws IOException {
        TokenizerFiles files = TokenizerFiles.open(folder);
        Map<String, Integer> added = files.added();
        JsonNode vocabulary;
        List<String> merges;
        if (files.has("vocab.json") && files.has("merges.txt")) {
            vocabulary = JsonFile.read(files.file("vocab.json"));
            merges = merges(files.file("merges.txt"));
        } else if (files.has("tokenizer.json")) {
            JsonNode json = JsonFile.read(files.file("tokenizer.json"));
            vocabulary = json.path("model").path("vocab");
            merges = merges(json.path("model").path("merges"));
            for (JsonNode token : json.path("added_tokens")) {
                added.put(token.path("content").asText(), token.path("id").asInt());
            }
        } else {
            throw files.missing("vocab.json and merges.txt, or tokenizer.json");
        }
        String startToken = files.token("bos_token", START);
        String endToken = files.token("eos_token", END);
        String unknown = files.token("unk_token", END);
        String padToken = files.token("pad_token", END);
        Map<String, Integer> marks = new LinkedHashMap<>(added);
        for (String token : List.of(startToken, endToken, unknown, padToken)) {
            if (!added.containsKey(token)) {
                if (!vocabulary.path(token).isInt()) {
                    throw new IOException("%s: special token '%s' is not in the vocabulary".formatted(folder, token));
                }
                marks.put(token, vocabulary.path(token).asInt());
            }
        }
        return new ClipTokenizer(
                TokenizerJson.load(json(vocabulary, merges, unknown, marks), folder.toString()),
                new ClipWords(marks.keySet()),
                marks.get(startToken),
                marks.get(endToken),
                marks.get(padToken));
    }

    /**
     * Opens the tokenizer of a folder as transformers' CLIPTokenizerFast, which goes by the rules in {@code tokenizer.json}: other ids for
     * CJK and control characters.
     */
    static Tokenizer openFast(Path folder) throws IOException {
        TokenizerFiles files = TokenizerFiles.open(folder);
        if (!files.has("tokenizer.json")) {
            throw files.missing("tokenizer.json, of which CLIPTokenizerFast in model_index.json reads its rules");
        }
        Path file = files.file("tokenizer.json");
        return FileTokenizer.of(JsonFile.read(file), files.token("pad_token", END), file.toString());
    }

    /** The first line is a version. */
    private static List<String> merges(Path file) throws IOException {
        String text = Files.readString(file, StandardCharsets.UTF_8).strip();
        return text.lines()
                .skip(1)
                .limit(MERGES)
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
    }

    /** Pairs as "a b" or as ["a", "b"]. */
    private static List<String> merges(JsonNode list) {
        List<String> merges = new ArrayList<>();
        list.forEach(pair -> merges.add(
                pair.isArray() ? pair.path(0).asText() + " " + pair.path(1).asText() : pair.asText()));
        return merges;
    }

    /** Merges pairs within pieces that blanks part, and nothing else. */
    private static JsonNode json(JsonNode vocabulary, List<String> merges, String unknown, Map<String, Integer> marks) {
        ObjectNode json = TokenizerJson.empty();
        marks.forEach((token, id) -> TokenizerJson.addToken(json, id, token));
        ArrayNode steps =
                json.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        steps.addObject().put("type", "WhitespaceSplit");
        steps.addObject()
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", false);
        ObjectNode model = json.putObject("model")
                .put("type", "BPE")
                .put("unk_token", unknown)
                .put("continuing_subword_prefix", "")
                .put("end_of_word_suffix", "</w>")
                .put("fuse_unk", false)
                .put("byte_fallback", false);
        model.putNull("dropout");
        model.set("vocab", vocabulary);
        ArrayNode pairs = model.putArray("merges");
        merges.forEach(pairs::add);
        return json;
    }

    @Override
    public int pad() {
        return pad;
    }

    @Override
    public Tokens tokenize(String prompt) {
        List<ClipWords.Piece> pieces = words.split(prompt);
        String joined = pieces.stream().map(ClipWords.Piece::text).collect(Collectors.joining(" "));
        Encoding encoding = merger.encode(joined);
        long[] merged = encoding.getIds();
        CharSpan[] spans = encoding.getCharTokenSpans();
        int[] ids = new int[merged.length + 2];
        int[] starts = new int[ids.length];
        ids[0] = start;
        int piece = -1;
        int behind = 0; // where the piece ends in the joined text, in code points
        for (int i = 0; i < merged.length; i++) {
            while (spans[i].getStart() >= behind) {
                piece++;
                String text = pieces.get(piece).text();
                behind += text.codePointCount(0, text.length()) + 1;
            }
            ids[i + 1] = Math.toIntExact(merged[i]);
            starts[i + 1] = pieces.get(piece).start();
        }
        ids[ids.length - 1] = end;
        starts[ids.length - 1] = prompt.length();
        return new Tokens(prompt, ids, starts);
    }

    @Override
    public void close() {
        merger.close();
    }
}
