/**
 * The configuration of a training run: one record per head of the YAML file ({@code window}, {@code rollout}, {@code loss}, ...),
 * each of which checks itself and is passed whole to the class it is for. How a file and the command line become these records is
 * {@code tools}' business, and so are the default values.
 */
package mixgrpo.trainer.config;
