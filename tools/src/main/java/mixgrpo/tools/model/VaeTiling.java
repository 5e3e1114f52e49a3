package mixgrpo.tools.model;

import mixgrpo.models.vae.VaeConfig;
import mixgrpo.runtime.rollout.Tiling;

/** Whether a picture is decoded in tiles, which bounds memory and changes it a little where tiles meet. */
public enum VaeTiling {
    /** Pictures larger than what the autoencoder was made for, in tiles of that size: diffusers' {@code enable_tiling}. */
    AUTO,
    /** Pictures larger than half of that side, in tiles of that half. */
    ON,
    /** Never. */
    OFF;

    /** The tiles of an autoencoder. */
    public Tiling of(VaeConfig config) {
        return switch (this) {
            case AUTO -> Tiling.of(config);
            case ON -> Tiling.half(config);
            case OFF -> Tiling.NONE;
        };
    }
}
