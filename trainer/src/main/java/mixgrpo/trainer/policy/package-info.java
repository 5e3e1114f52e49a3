/** The trainable policy: its gradient from groups of images, its updates, and the weights that engines and files get. */
package mixgrpo.trainer.policy;
