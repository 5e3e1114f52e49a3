/** The autoencoder between pixels and latents, as two networks. Names are diffusers'. */
package mixgrpo.models.vae;
