/**
 * Frozen networks by TensorRT on an NVIDIA GPU. A plan is TensorRT's form of one graph for a range of shapes on one kind of GPU; it is built
 * in a process of its own, kept in a cache, loaded once and given new weights in place. This package says how plans are asked for, built, found
 * and run; where graphs and weights come from is the caller's business. The only one that knows the library's types.
 */
package mixgrpo.runtime.tensorrt;
