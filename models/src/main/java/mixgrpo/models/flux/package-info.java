/**
 * FLUX.1: the transformer's definition and what is computed beside it once, in plain Java: its rotary tables. Names are diffusers'.
 */
package mixgrpo.models.flux;
