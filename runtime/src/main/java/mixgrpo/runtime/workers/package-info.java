/** Threads that compute independent parts of one task side by side, each with a native library of one thread. Leaves what they compute to others. */
package mixgrpo.runtime.workers;
