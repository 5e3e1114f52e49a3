/**
 * Text encoders, CLIP's and T5's, as networks, and the inputs that follow from token ids alone, computed in plain Java. How
 * prompts become ids is left to others.
 */
package mixgrpo.models.text;
