package mixgrpo.runtime.tensorrt;

/**
 * How a plan is built. Every plan takes new weights in place.
 *
 * @param stripped whether its weights are left out; it is given them when it is loaded
 * @param versionCompatible whether other versions of TensorRT of the same main number run it, with the lean runtime of NVIDIA's own packages
 * @param workspaceBytes that a layer may take beside its arrays; 0 for all there is
 * @param level how long better kernels are looked for, 0 to 5; TensorRT's own default is 3
 */
public record PlanOptions(boolean stripped, boolean versionCompatible, long workspaceBytes, int level) {

    private static final int MOST = 5;

    /** How the program builds plans itself. */
    public static final PlanOptions DEFAULT = new PlanOptions(false, false, 0, 3);

    /** What the key of every plan begins with. */
    static final String ENGINE = "tensorrt, refit";

    /** @throws IllegalArgumentException if a number is out of its range */
    public PlanOptions {
        if (workspaceBytes < 0) {
            throw new IllegalArgumentException(
                    "--workspace: expected 0 bytes or more, got %d".formatted(workspaceBytes));
        }
        if (level < 0 || level > MOST) {
            throw new IllegalArgumentException(
                    "--builder-optimization-level: expected 0..%d, got %d".formatted(MOST, level));
        }
    }

    /** As the engine in a plan's key. */
    @Override
    public String toString() {
        return "%s, level %d%s%s%s"
                .formatted(
                        ENGINE,
                        level,
                        workspaceBytes > 0 ? ", workspace %d".formatted(workspaceBytes) : "",
                        stripped ? ", stripped" : "",
                        versionCompatible ? ", version-compatible" : "");
    }
}
