/**
 * From rewards to advantages: normalised within the images of a prompt, combined over several rewards, clipped. Where rewards come
 * from and what learns from advantages is left to others.
 */
package mixgrpo.trainer.advantage;
