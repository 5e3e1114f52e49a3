/**
 * The built-in world of compositional scenes: {@link mixgrpo.runtime.scenes.ScenePrompt prompts} such as "a blue square left
 * of a yellow triangle", their fixed {@link mixgrpo.runtime.scenes.SceneSplit split} into training, development and test,
 * {@link mixgrpo.runtime.scenes.SceneRenderer pictures} that satisfy them, and the
 * {@link mixgrpo.runtime.scenes.SceneVerifier verifier} that judges a picture from its pixels and the prompt's text alone.
 * Turning a verdict into a reward is left to {@code mixgrpo.runtime.reward}.
 */
package mixgrpo.runtime.scenes;
