package mixgrpo.solvers.plan;

import java.util.List;

/**
 * What a run of a plan gives.
 *
 * @param rows latents after the last step, one row per image, group by group; one per group if no step told the
 *     images apart
 * @param transitions the window's steps in order
 */
public record Trajectory(float[][] rows, List<Transition> transitions) {}
