/**
 * Prompts as vectors: a {@link mixgrpo.runtime.text.PromptEncoder} turns a prompt into the token states and the pooled vector that a
 * policy is conditioned on. What prompts say (their grammar, how they are scored) is left to others.
 */
package mixgrpo.runtime.text;
