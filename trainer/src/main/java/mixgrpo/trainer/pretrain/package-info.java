/**
 * Makes the small models that ship with the project: an autoencoder and a FLUX policy for the world of scenes, trained from
 * nothing by reconstruction and by flow matching. Everything is a function of the seed.
 */
package mixgrpo.trainer.pretrain;
