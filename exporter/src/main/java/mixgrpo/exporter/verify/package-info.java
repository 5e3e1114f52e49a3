/**
 * Whether an engine computes what its network says: the same inputs through the engine and through a reference, compared output by output
 * and stage by stage, with the weights it was made with and again with others. What the reference is, and where networks and weights come from,
 * is the caller's business.
 */
package mixgrpo.exporter.verify;
