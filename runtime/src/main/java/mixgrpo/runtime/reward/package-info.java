/**
 * Rewards: a public interface that {@link java.util.ServiceLoader} finds, so that a user's own reward is a jar on the class
 * path, and the built-in ones. What scores do to an update (advantages, weights) is left to the trainer.
 */
package mixgrpo.runtime.reward;
