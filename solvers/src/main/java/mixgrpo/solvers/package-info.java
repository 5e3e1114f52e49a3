/**
 * The numbers of a sampling trajectory and nothing else: sigma schedules, step kernels with their log-prob laws,
 * post-window solvers, window schedules, and the plan of a whole trajectory with the one loop that runs it over plain
 * arrays. Networks, random numbers, pictures and gradients belong to the callers: they hand in velocities and noise and
 * get latents and log-probs.
 */
package mixgrpo.solvers;
