/**
 * Everything random in a run, as functions of the seed and of what the numbers are for: standard normals, permutations and
 * choices. What is drawn for which purpose is said by a {@link mixgrpo.runtime.noise.NoiseKey}; there is no generator with a
 * state to carry along, to save or to share between threads. The one exception, {@link mixgrpo.runtime.noise.TorchCpuGenerator},
 * makes pictures comparable with another program's.
 */
package mixgrpo.runtime.noise;
