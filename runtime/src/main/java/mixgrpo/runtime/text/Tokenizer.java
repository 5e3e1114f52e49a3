package mixgrpo.runtime.text;

/** Prompts as ids, the same that a pipeline of diffusers feeds its text encoder. Whoever opens it closes it. */
interface Tokenizer extends AutoCloseable {

    Tokens tokenize(String prompt);

    /** The id that fills up short prompts. */
    int pad();

    @Override
    void close();
}
