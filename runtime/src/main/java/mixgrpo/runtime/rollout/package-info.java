/**
 * From prompts to latents and pictures with frozen engines: how latents and text become a network's inputs, the sampler that
 * runs a plan with an engine, the decoder, and the groups of images that training learns from. Scoring is left to
 * {@code reward}, gradients to the trainer.
 */
package mixgrpo.runtime.rollout;
