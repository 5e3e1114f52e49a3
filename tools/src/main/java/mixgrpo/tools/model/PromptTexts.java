package mixgrpo.tools.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.text.PromptEncoder;
import mixgrpo.runtime.text.TextEmbedding;

/** Prompts from a file of one a line, and what a policy sees of them. */
public final class PromptTexts {

    /** What some editors put in front of UTF-8; it is no part of the first prompt. */
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private PromptTexts() {}

    /**
     * Lines of a file without blank ones and repetitions.
     *
     * @param option that named the file, for messages
     * @throws IllegalArgumentException if there is no such file, or nothing in it
     */
    public static List<String> read(Path file, String option) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException(
                    "%s: expected a text file with one prompt a line, found none at %s".formatted(option, file));
        }
        LinkedHashSet<String> prompts = new LinkedHashSet<>();
        for (String line : lines(file, option)) {
            if (!line.isBlank()) {
                prompts.add(line.strip());
            }
        }
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s: expected at least one prompt (a line of text), found none in %s".formatted(option, file));
        }
        return List.copyOf(prompts);
    }

    private static List<String> lines(Path file, String option) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            return (text.startsWith(BYTE_ORDER_MARK) ? text.substring(BYTE_ORDER_MARK.length()) : text)
                    .lines()
                    .toList();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "%s: expected text in UTF-8, one prompt a line, got other bytes in line %d of %s; save the file as UTF-8"
                            .formatted(option, lineOf(bytes), file),
                    e);
        }
    }

    /** The line, from 1 on, that the buffer's position is in. */
    private static long lineOf(ByteBuffer bytes) {
        String before = new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1);
        return (before + ".").lines().count();
    }

    /**
     * Encoded prompts, numbered one after the other.
     *
     * @param first number of the first of them
     * @param progress told the number of prompts done
     */
    public static List<Prompt> encoded(List<String> texts, int first, PromptEncoder encoder, IntConsumer progress) {
        List<TextEmbedding> embeddings = encoder.encode(texts, progress);
        return numbered(texts, first, text -> embeddings.get(text));
    }

    /**
     * Prompts that the encoder was {@link PromptEncoder#prepare prepared} for, numbered one after the other. Their embeddings are asked
     * for when they are needed, so that they do not all lie in memory.
     *
     * @param first number of the first of them
     */
    public static List<Prompt> prepared(List<String> texts, int first, PromptEncoder encoder) {
        return numbered(texts, first, text -> encoder.encode(texts.get(text)));
    }

    private static List<Prompt> numbered(List<String> texts, int first, IntFunction<TextEmbedding> embedding) {
        return IntStream.range(0, texts.size())
                .mapToObj(text -> new Prompt(first + text, texts.get(text), () -> embedding.apply(text)))
                .toList();
    }
}
