/**
 * The trainable policy: its gradient from groups of images, its updates, and the weights that engines and files get. What a loss
 * is belongs to {@code loss}, how a network is differentiated to {@code torchscript}.
 */
package mixgrpo.trainer.policy;
