/**
 * Policy gradients: the images of one group and their advantages become gradients of a trainable network, with the fewest passes
 * that give the exact result. What a term of the loss is belongs to {@code loss}, what uses the gradients to the optimizer.
 */
package mixgrpo.trainer.policy;
