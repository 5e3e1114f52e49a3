package mixgrpo.exporter.verify;

/**
 * One array of an engine beside the reference's.
 *
 * @param name of the output, or the tapped value's full key
 * @param shape of both
 * @param difference between them
 * @param change length of the difference to the engine's array before the sync, as a share of that one's length; 0 where there was no sync
 * @param passed whether the difference is within the tolerance
 */
public record Compared(String name, long[] shape, Difference difference, double change, boolean passed) {}
