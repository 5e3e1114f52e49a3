/**
 * What is in a model folder or a weights file, and what it would need to be sampled, trained and exported. Reads headers; values
 * only where asked to. Exported files are left to {@code export}.
 */
package mixgrpo.tools.inspect;
