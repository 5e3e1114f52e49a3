/**
 * Stable Diffusion 3 and 3.5: the transformer's definition, and the window of its table of positions that a picture needs. Names
 * are diffusers'.
 */
package mixgrpo.models.sd3;
