/**
 * A trajectory as a list of steps, and the one loop that runs such a list. Prefix sharing, compressed tails (Flash),
 * accelerated prefixes and hybrid inference differ in the list only. Batching to memory, engines and random numbers
 * belong to the callbacks of the caller.
 */
package mixgrpo.solvers.plan;
