package mixgrpo.runtime.text;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The prompts that an encoder cannot read to their end: gathered, then told in one warning. */
final class CutPrompts {

    private static final Logger log = LoggerFactory.getLogger(CutPrompts.class);
    private static final int SHOWN = 5;

    private final String reader;
    private final int length;
    private final List<String> cuts = new ArrayList<>();

    /**
     * @param reader name of the encoder
     * @param length most tokens that it reads
     */
    CutPrompts(String reader, int length) {
        this.reader = reader;
        this.length = length;
    }

    void note(Tokens tokens) {
        String lost = tokens.lost(length);
        if (!lost.isEmpty()) {
            cuts.add("'%s' loses '%s'".formatted(tokens.prompt(), lost));
        }
    }

    /** Warns if there are any, with what the first of them lose, and forgets them. */
    void warn(int prompts) {
        if (!cuts.isEmpty()) {
            log.warn(
                    "{} of {} prompts have more than the {} tokens that {} reads and are cut: {}{}",
                    cuts.size(),
                    prompts,
                    length,
                    reader,
                    String.join("; ", cuts.subList(0, Math.min(cuts.size(), SHOWN))),
                    cuts.size() > SHOWN ? "; ..." : "");
            cuts.clear();
        }
    }
}
