/**
 * Frozen networks that run without gradients: an {@link mixgrpo.runtime.engine.Engine} is loaded from a graph and weights, bound
 * to shapes, run many times and given new weights between iterations. Which library and device do the work stays inside the
 * implementation; graphs come from elsewhere (the exporter, a jar), and what a network's values mean is the caller's business.
 */
package mixgrpo.runtime.engine;
