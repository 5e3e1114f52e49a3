/**
 * The objective of one image at one step as plain numbers, each with its derivative: clipped and other ratios of log-probs, pulls
 * towards the policy that sampled and towards a reference, weights of steps. Networks and their gradients are left to {@code policy}.
 */
package mixgrpo.trainer.loss;
