package mixgrpo.trainer.libtorch;

/** On what a policy shall be trained. */
public enum DeviceChoice {
    /** A GPU if libtorch sees one, else the CPU. */
    AUTO,
    CPU,
    /** A GPU or nothing. */
    GPU
}
