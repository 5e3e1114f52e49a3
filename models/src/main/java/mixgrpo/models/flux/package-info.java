/**
 * FLUX.1: the transformer's definition and what is computed beside it once, in plain Java: rotary tables, timestep sinusoids and
 * the packing of latents into tokens. Names are diffusers'.
 */
package mixgrpo.models.flux;
