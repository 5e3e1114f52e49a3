/**
 * Pictures of given prompts with a trained or a built-in model: which weights are meant, the drawing, and the files that say how each
 * picture can be made again.
 */
package mixgrpo.tools.sample;
