/**
 * From YAML and {@code key=value} to the records of {@link mixgrpo.trainer.config} and back. Layers lie over each other (defaults, preset, the
 * user's file, the command line); the records' components are the keys, found by reflection, so nothing lists them a second time.
 */
package mixgrpo.tools.config;
