package mixgrpo.runtime.text;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The prompts that encoders cannot read to their end: gathered, then told in one warning for each of these. A cut is told once. */
final class CutPrompts {

    private static final Logger log = LoggerFactory.getLogger(CutPrompts.class);
    private static final int SHOWN = 5;

    /**
     * Who cuts.
     *
     * @param name of the encoder
     * @param length most tokens that it reads
     */
    record Reader(String name, int length) {}

    private final Map<Reader, List<String>> cuts = new LinkedHashMap<>();
    private final Set<String> told = new HashSet<>();

    /** @param lost what the reader leaves out of the prompt; empty if nothing */
    void note(Reader reader, String prompt, String lost) {
        String cut = "'%s' loses '%s'".formatted(prompt, lost);
        if (!lost.isEmpty() && told.add(reader + cut)) {
            cuts.computeIfAbsent(reader, first -> new ArrayList<>()).add(cut);
        }
    }

    /** Warns of what was noted since the last time, with what the first of the prompts lose. */
    void warn(int prompts) {
        cuts.forEach((reader, lines) -> log.warn(
                "{} of {} prompts have more than the {} tokens that {} reads and are cut: {}{}",
                lines.size(),
                prompts,
                reader.length(),
                reader.name(),
                String.join("; ", lines.subList(0, Math.min(lines.size(), SHOWN))),
                lines.size() > SHOWN ? "; ..." : ""));
        cuts.clear();
    }
}
