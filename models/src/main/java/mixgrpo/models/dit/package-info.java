/**
 * What diffusion transformers have in common: layers of their definitions, and what is computed beside them in plain Java:
 * timestep sinusoids and the packing of latents into tokens. Names are diffusers'.
 */
package mixgrpo.models.dit;
