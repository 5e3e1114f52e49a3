/** Measuring a policy on prompts that it is not trained on, and comparing two policies on the same prompts and noise. */
package mixgrpo.trainer.evaluate;
