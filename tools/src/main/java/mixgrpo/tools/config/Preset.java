package mixgrpo.tools.config;

import java.util.Arrays;
import java.util.List;
import mixgrpo.tools.figures.Word;

/** The recipes that ship, {@code presets/NAME.yaml} on the class path. */
public enum Preset {
    QUICKSTART("the built-in model, at most 10 minutes on two CPU cores"),
    MIXGRPO("the paper's MixGRPO on the built-in model, 25 steps"),
    FLASH("as mixgrpo, with MixGRPO-Flash's shortened tail"),
    FLASH_STAR("as mixgrpo, with MixGRPO-Flash*: a window that stays"),
    DANCEGRPO("as mixgrpo, with DanceGRPO: every step SDE, a part trained"),
    FLOW_GRPO_FAST("as mixgrpo, with Flow-GRPO-Fast: two SDE steps at random"),
    PAPER("FLUX.1-dev as published; needs --model and --prompts"),
    PAPER_FLASH("as paper, with MixGRPO-Flash"),
    PAPER_FLASH_STAR("as paper, with MixGRPO-Flash*");

    private final String summary;

    Preset(String summary) {
        this.summary = summary;
    }

    /** As it is given on the command line. */
    public String key() {
        return Word.of(this);
    }

    /** What it is for, in a line. */
    public String summary() {
        return summary;
    }

    /** All of them in a sentence. */
    public static String list() {
        return String.join(", ", keys());
    }

    static List<String> keys() {
        return Arrays.stream(values()).map(Preset::key).toList();
    }
}
