package mixgrpo.trainer.metrics;

/** What an iteration spends its time on. */
public enum Phase {
    /** The frozen policy draws latents. */
    ROLLOUT("rollout"),
    /** Latents become pictures. */
    DECODE("decode"),
    /** Pictures are scored. */
    REWARD("reward"),
    /** Gradients and updates. */
    TRAIN("train"),
    /** New weights go to the engine. */
    SYNC("sync"),
    /** Prompts that are not trained on are measured. */
    EVALUATE("evaluate");

    private final String key;

    Phase(String key) {
        this.key = key;
    }

    /** As it stands in the names of metrics. */
    public String key() {
        return key;
    }
}
