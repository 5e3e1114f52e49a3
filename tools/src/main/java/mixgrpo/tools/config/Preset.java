package mixgrpo.tools.config;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The recipes that ship, {@code presets/NAME.yaml} on the class path. */
public enum Preset {
    QUICKSTART("tunes the built-in model on composed scenes; about 10 minutes on two CPU cores"),
    PAPER("MixGRPO on FLUX.1-dev as published (arXiv 2507.21802); needs --model and --prompts");

    private final String summary;

    Preset(String summary) {
        this.summary = summary;
    }

    /** As it is given on the command line. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What it is for, in a line. */
    public String summary() {
        return summary;
    }

    static List<String> keys() {
        return Arrays.stream(values()).map(Preset::key).toList();
    }
}
