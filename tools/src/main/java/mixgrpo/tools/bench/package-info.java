/**
 * Measures what an iteration of training costs: the product's own loop on any FLUX policy, with random prompts and rewards, phase by
 * phase.
 */
package mixgrpo.tools.bench;
