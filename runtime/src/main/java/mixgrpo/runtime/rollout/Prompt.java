package mixgrpo.runtime.rollout;

import mixgrpo.runtime.text.TextEmbedding;

/** A prompt of a run: its number in the run's list, which noise is keyed by, its words, and what the text encoder made of them. */
public record Prompt(int number, String text, TextEmbedding embedding) {}
